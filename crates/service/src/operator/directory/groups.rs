//! The directory adds, changes and removes groups.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{DirectoryGroup, GroupId, GroupName, Subject};

use super::attributes::{CheckedGroup, GroupChange, MemberChange, required};
use super::members::{add, members, remove, wanted};
use super::version::Precondition;
use super::write::next;
use super::{Directory, Rules};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::ledger::rows::altered;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::view::DirectoryGroupView;

impl Directory<'_> {
    /// Adds a group with its members.
    ///
    /// # Errors
    /// [`DirectoryRefusal::Invalid`], [`DirectoryRefusal::Taken`], [`DirectoryRefusal::NoMember`],
    /// [`DirectoryRefusal::TooManyGroups`].
    pub async fn create_group(&self, new: GroupChange) -> Result<DirectoryGroupView, Error> {
        let to = new.check()?;
        let create = CreateGroup {
            rules: self.rules.clone(),
            display_name: required(to.display_name.clone(), "displayName")?,
            to,
        };
        let group = self.change(create).await?;
        self.group_view(&group, true).await
    }

    /// Changes a group. Members can leave whether or not its row is genuine.
    ///
    /// # Errors
    /// Those of [`Directory::create_group`], [`DirectoryRefusal::NotFound`] and
    /// [`DirectoryRefusal::Changed`].
    pub async fn update_group(
        &self,
        id: &str,
        to: GroupChange,
        only_if: Precondition,
        with_members: bool,
    ) -> Result<DirectoryGroupView, Error> {
        let update = UpdateGroup {
            rules: self.rules.clone(),
            id: group_id(id)?,
            to: to.check()?,
            only_if,
        };
        let group = self.change(update).await?;
        self.group_view(&group, with_members).await
    }

    /// Removes a group. All members leave it.
    ///
    /// # Errors
    /// [`DirectoryRefusal::NotFound`], [`DirectoryRefusal::Changed`].
    pub async fn delete_group(&self, id: &str, only_if: Precondition) -> Result<(), Error> {
        let delete = DeleteGroup {
            id: group_id(id)?,
            only_if,
        };
        self.change(delete).await
    }
}

fn group_id(id: &str) -> Result<GroupId, DirectoryRefusal> {
    id.parse().map_err(|_| DirectoryRefusal::NotFound)
}

/// Refuses a name and an id that another group has.
async fn require_free(
    draft: &Draft<'_>,
    own: Option<GroupId>,
    name: Option<&GroupName>,
    external_id: Option<&Subject>,
) -> Result<(), Error> {
    if name.is_none() && external_id.is_none() {
        return Ok(());
    }
    let name = name.map(GroupName::folded);
    for group in draft.read().directory_groups().all().await? {
        let group = group.row;
        if Some(group.id) == own {
            continue;
        }
        let attribute = if name.as_ref() == Some(&group.display_name.folded()) {
            "displayName"
        } else if external_id.is_some() && group.external_id.as_ref() == external_id {
            "externalId"
        } else {
            continue;
        };
        return Err(DirectoryRefusal::Taken { attribute }.into());
    }
    Ok(())
}

/// Lets members join and leave. Returns how many did, and what that took.
async fn change_members(
    draft: &Draft<'_>,
    rules: &Rules,
    group: &DirectoryGroup,
    changes: &[MemberChange],
) -> Result<(usize, Taken), Error> {
    let name = group.group();
    let mut changed = (0, Taken::Nothing);
    for (id, is_member) in wanted(draft, &name, changes).await? {
        let taken = if is_member {
            add(draft, rules, &name, id).await?
        } else {
            match draft.read().users().by_id(id).await? {
                Some(user) if Rules::can_reach(&user.row) => remove(draft, &name, user).await?,
                _ => None,
            }
        };
        if let Some(taken) = taken {
            changed = (changed.0 + 1, changed.1.max(taken));
        }
    }
    Ok(changed)
}

struct CreateGroup {
    rules: Rules,
    display_name: GroupName,
    to: CheckedGroup,
}

impl Change for CreateGroup {
    type Output = DirectoryGroup;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(DirectoryGroup, Taken), Error> {
        let external_id = self.to.external_id.or(None);
        let name = Some(&self.display_name);
        require_free(draft, None, name, external_id.as_ref()).await?;
        let group = DirectoryGroup {
            id: GroupId::new(draft.now, draft.random()?),
            display_name: self.display_name.clone(),
            external_id,
            created_at: draft.now,
            updated_at: draft.now,
        };
        draft.insert_directory_group(group.clone()).await?;
        draft.record(told(draft, EventKind::DirectoryGroupCreated, &group));
        let (_, taken) = change_members(draft, &self.rules, &group, &self.to.members).await?;
        Ok((group, taken))
    }
}

fn told(draft: &Draft<'_>, kind: EventKind, group: &DirectoryGroup) -> crate::ledger::Entry {
    draft
        .entry(kind, &group.id)
        .detail("Group", group.group().as_str())
        .detail("Name", group.display_name.as_str())
}

struct UpdateGroup {
    rules: Rules,
    id: GroupId,
    to: CheckedGroup,
    only_if: Precondition,
}

impl UpdateGroup {
    /// Whether it only takes members away.
    fn only_removes(&self) -> bool {
        let removes = |change: &MemberChange| match change {
            MemberChange::Remove(_) => true,
            MemberChange::Replace(ids) => ids.is_empty(),
            MemberChange::Add(_) => false,
        };
        self.to.display_name.is_none()
            && matches!(self.to.external_id, super::attributes::Wanted::AsBefore)
            && self.to.members.iter().all(removes)
    }
}

impl Change for UpdateGroup {
    type Output = DirectoryGroup;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(DirectoryGroup, Taken), Error> {
        let (before, judgement) = found(draft, self.id).await?;
        if judgement != Judgement::Genuine {
            if !self.only_removes() {
                return Err(match judgement {
                    Judgement::Planted => altered(&before, "was planted or altered"),
                    _ => Error::LogNotRead,
                });
            }
            // The row stays as it is, because it would be genuine afterwards.
            let (_, taken) = change_members(draft, &self.rules, &before, &self.to.members).await?;
            return Ok((before, taken));
        }
        let seen = version(&before);
        self.only_if.check(&seen)?;
        let mut group = before.clone();
        if let Some(name) = &self.to.display_name {
            group.display_name.clone_from(name);
        }
        group.external_id = self.to.external_id.or(before.external_id.clone());
        let name = Some(&group.display_name).filter(|name| **name != before.display_name);
        let external_id = group.external_id.as_ref();
        let external_id = external_id.filter(|_| group.external_id != before.external_id);
        require_free(draft, Some(group.id), name, external_id).await?;
        let (changed, taken) = change_members(draft, &self.rules, &group, &self.to.members).await?;
        if group != before || changed > 0 {
            group.updated_at = next(before.updated_at, draft.now);
            draft.update_directory_group(group.clone()).await?;
            let entry = told(draft, EventKind::DirectoryGroupUpdated, &group);
            draft.record(
                entry
                    .detail("NameBefore", before.display_name.as_str())
                    .detail("MembersChanged", changed),
            );
        }
        Ok((group, taken))
    }
}

fn version(group: &DirectoryGroup) -> String {
    DirectoryGroupView {
        id: group.id,
        external_id: None,
        display_name: String::new(),
        members: None,
        created_at: group.created_at,
        updated_at: group.updated_at,
    }
    .version()
}

async fn found(draft: &Draft<'_>, id: GroupId) -> Result<(DirectoryGroup, Judgement), Error> {
    let found = draft.read().directory_groups().by_id(id).await?;
    Ok(draft.judge(found.ok_or(DirectoryRefusal::NotFound)?).await)
}

struct DeleteGroup {
    id: GroupId,
    only_if: Precondition,
}

impl Change for DeleteGroup {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let (group, judgement) = found(draft, self.id).await?;
        if judgement == Judgement::Genuine {
            self.only_if.check(&version(&group))?;
        }
        let (name, mut left, mut taken) = (group.group(), 0_usize, Taken::Nothing);
        for member in members(draft, &name).await? {
            if let Some(taken_here) = remove(draft, &name, member).await? {
                left += 1;
                taken = taken.max(taken_here);
            }
        }
        draft.delete_directory_group(&group).await?;
        let entry = told(draft, EventKind::DirectoryGroupDeleted, &group);
        draft.record(entry.detail("MembersChanged", left));
        Ok(((), taken))
    }
}
