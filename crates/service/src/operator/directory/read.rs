//! The directory looks at users and groups.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::name::fold;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DirectoryGroup, GroupId, Identity, Subject, Tagged, User, UserId, UserName};

use super::Directory;
use super::reach::Reached;
use super::update::user_id;
use crate::service::error::Error;
use crate::view::{DirectoryGroupView, DirectoryPage, DirectoryUserView};

/// How many users are read at once.
const BATCH: u64 = 500;

/// What a user must be to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserCondition {
    /// The id in this service, which SCIM calls `id`.
    Id(String),
    /// The user name, in any case.
    UserName(String),
    /// The id in the directory.
    ExternalId(String),
}

/// What a group must be to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupCondition {
    /// The id in this service, which SCIM calls `id`.
    Id(String),
    /// The name, in any case.
    DisplayName(String),
    /// The id in the directory.
    ExternalId(String),
    /// One of its members.
    Member(String),
}

impl UserCondition {
    fn is_met_by(&self, user: &DirectoryUserView) -> bool {
        match self {
            Self::Id(id) => id.parse() == Ok(user.id),
            Self::UserName(name) => fold(name.trim()) == fold(&user.user_name),
            Self::ExternalId(id) => user.external_id.as_ref() == Some(id),
        }
    }
}

impl Directory<'_> {
    /// The user of this id.
    ///
    /// # Errors
    /// [`DirectoryRefusal::NotFound`].
    pub async fn user(&self, id: &str) -> Result<DirectoryUserView, Error> {
        let found = self.by_id(user_id(id)?).await?;
        Ok(found.ok_or(DirectoryRefusal::NotFound)?)
    }

    /// The users that meet all conditions: up to `limit` after the first `offset`, by id.
    pub async fn users(
        &self,
        conditions: &[UserCondition],
        offset: u64,
        limit: u64,
    ) -> Result<DirectoryPage<DirectoryUserView>, Error> {
        let Some(first) = conditions.first() else {
            return self.user_page(offset, limit).await;
        };
        let found = match first {
            UserCondition::Id(id) => match id.parse() {
                Ok(id) => self.by_id(id).await?,
                Err(_) => None,
            },
            UserCondition::UserName(name) => self.by_name(name).await?,
            UserCondition::ExternalId(id) => self.by_external_id(id).await?,
        };
        let found = found.filter(|user| conditions.iter().all(|it| it.is_met_by(user)));
        Ok(part_of(Vec::from_iter(found), offset, limit))
    }

    async fn user_page(
        &self,
        offset: u64,
        limit: u64,
    ) -> Result<DirectoryPage<DirectoryUserView>, Error> {
        self.service().read_log_for_lists().await;
        let issuer = &self.rules.provider.issuer;
        let users = self.service().store().users();
        let page = users.in_directory(issuer, offset, limit).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for user in page.items {
            if self.service().currency().shows(&user) {
                items.extend(self.seen(user.row).await?);
            }
        }
        Ok(DirectoryPage {
            items,
            total: page.total,
        })
    }

    async fn by_id(&self, id: UserId) -> Result<Option<DirectoryUserView>, Error> {
        let users = self.service().store().users();
        let read = || async { Ok(users.by_id(id).await?) };
        self.certain(read).await
    }

    async fn by_name(&self, name: &str) -> Result<Option<DirectoryUserView>, Error> {
        let Ok(name) = UserName::new(name) else {
            return Ok(None);
        };
        let folded = name.folded();
        let users = self.service().store().users();
        let read = || async { Ok(users.by_folded_name(&folded).await?) };
        self.certain(read).await
    }

    async fn by_external_id(&self, id: &str) -> Result<Option<DirectoryUserView>, Error> {
        let Ok(subject) = Subject::new(id) else {
            return Ok(None);
        };
        let identity = Identity {
            issuer: self.rules.provider.issuer.clone(),
            subject,
        };
        let store = self.service().store();
        let read = || async { Ok(store.users().by_directory(&identity).await?) };
        if let Some(user) = self.certain(read).await? {
            return Ok(Some(user));
        }
        if !self.rules.knows_subjects {
            return Ok(None);
        }
        let read = || async { Ok(store.identities().of(&identity).await?) };
        match self.service().currency().certain_row(read).await? {
            Some(linked) => self.by_id(linked.user_id).await,
            None => Ok(None),
        }
    }

    async fn certain<F>(
        &self,
        read: impl Fn() -> F + Send + Sync,
    ) -> Result<Option<DirectoryUserView>, Error>
    where
        F: Future<Output = Result<Option<Tagged<User>>, Error>> + Send,
    {
        match self.service().currency().certain_row(read).await? {
            Some(user) => self.seen(user).await,
            None => Ok(None),
        }
    }

    /// The user as the directory sees it, if it does.
    async fn seen(&self, user: User) -> Result<Option<DirectoryUserView>, Error> {
        if user.kind != UserKind::Person || user.is_administrator {
            return Ok(None);
        }
        if self.rules.entry(&user).is_some() {
            return Ok(Some(self.rules.view(&user, &Reached::Entry)));
        }
        let store = self.service().store();
        let currency = self.service().currency();
        let mut linked = self.rules.identities(store, &user).await?.into_iter();
        let linked = linked.find(|linked| currency.shows(linked));
        Ok(linked.map(|linked| self.rules.view(&user, &Reached::Identity(linked.row))))
    }

    /// The group of this id, with its members if they are asked for.
    ///
    /// # Errors
    /// [`DirectoryRefusal::NotFound`].
    pub async fn group(&self, id: &str, with_members: bool) -> Result<DirectoryGroupView, Error> {
        let id: GroupId = id.parse().map_err(|_| DirectoryRefusal::NotFound)?;
        let groups = self.service().store().directory_groups();
        let read = || async { Ok(groups.by_id(id).await?) };
        let group = self.service().currency().certain_row(read).await?;
        self.group_view(&group.ok_or(DirectoryRefusal::NotFound)?, with_members)
            .await
    }

    /// The groups that meet all conditions: up to `limit` after the first `offset`, by id.
    pub async fn groups(
        &self,
        conditions: &[GroupCondition],
        offset: u64,
        limit: u64,
        with_members: bool,
    ) -> Result<DirectoryPage<DirectoryGroupView>, Error> {
        let mut found = Vec::new();
        for group in self.shown_groups().await? {
            if self.meets(&group, conditions).await? {
                found.push(group);
            }
        }
        let DirectoryPage { items, total } = part_of(found, offset, limit);
        let mut views = Vec::with_capacity(items.len());
        for group in items {
            views.push(self.group_view(&group, with_members).await?);
        }
        Ok(DirectoryPage {
            items: views,
            total,
        })
    }

    /// The names of all groups, by id.
    pub async fn group_names(&self) -> Result<Vec<(GroupId, String)>, Error> {
        let groups = self.shown_groups().await?.into_iter();
        let named = groups.map(|group| (group.id, group.display_name.as_str().to_owned()));
        Ok(named.collect())
    }

    async fn shown_groups(&self) -> Result<Vec<DirectoryGroup>, Error> {
        self.service().read_log_for_lists().await;
        let groups = self.service().store().directory_groups().all().await?;
        let shown = groups
            .into_iter()
            .filter(|group| self.service().currency().shows(group));
        Ok(shown.map(|group| group.row).collect())
    }

    async fn meets(
        &self,
        group: &DirectoryGroup,
        conditions: &[GroupCondition],
    ) -> Result<bool, Error> {
        for condition in conditions {
            let is_met = match condition {
                GroupCondition::Id(id) => id.parse() == Ok(group.id),
                GroupCondition::DisplayName(name) => {
                    fold(name.trim()) == group.display_name.folded()
                }
                GroupCondition::ExternalId(id) => {
                    group.external_id.as_ref().map(Subject::as_str) == Some(id.as_str())
                }
                GroupCondition::Member(id) => {
                    let user = match id.parse() {
                        Ok(id) => self.by_id(id).await?,
                        Err(_) => None,
                    };
                    user.is_some_and(|user| user.groups.contains(&group.id))
                }
            };
            if !is_met {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) async fn group_view(
        &self,
        group: &DirectoryGroup,
        with_members: bool,
    ) -> Result<DirectoryGroupView, Error> {
        let members = if with_members {
            Some(self.members(group).await?)
        } else {
            None
        };
        let external_id = group.external_id.as_ref();
        Ok(DirectoryGroupView {
            id: group.id,
            external_id: external_id.map(|id| id.as_str().to_owned()),
            display_name: group.display_name.as_str().to_owned(),
            members,
            created_at: group.created_at,
            updated_at: group.updated_at,
        })
    }

    async fn members(&self, group: &DirectoryGroup) -> Result<Vec<UserId>, Error> {
        let name = group.group();
        let currency = self.service().currency();
        let mut members = Vec::new();
        let mut after = None;
        loop {
            let users = self.service().store().users();
            let batch = users.in_group(&name, after, BATCH).await?;
            let Some(last) = batch.last() else {
                return Ok(members);
            };
            after = Some(last.row.id);
            let shown = batch.iter().filter(|user| {
                let row = &user.row;
                row.groups.contain(&name) && super::Rules::can_reach(row) && currency.shows(user)
            });
            members.extend(shown.map(|user| user.row.id));
        }
    }
}

fn part_of<T>(items: Vec<T>, offset: u64, limit: u64) -> DirectoryPage<T> {
    let total = items.len() as u64;
    let (offset, limit) = (
        usize::try_from(offset).unwrap_or(usize::MAX),
        usize::try_from(limit).unwrap_or(usize::MAX),
    );
    DirectoryPage {
        items: items.into_iter().skip(offset).take(limit).collect(),
        total,
    }
}
