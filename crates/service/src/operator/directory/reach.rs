//! Whom the directory reaches.

use ats_pat_domain::port::Repositories;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DirectoryEntry, LinkedIdentity, Tagged, User};

use super::Rules;
use crate::change::{Draft, Judgement};
use crate::service::error::Error;
use crate::view::DirectoryUserView;

/// What makes a user one of the directory's.
pub(super) enum Reached {
    /// The entry of the directory in the user row.
    Entry,
    /// An identity at its provider.
    Identity(LinkedIdentity),
}

impl Rules {
    /// The entry of this directory that the user has.
    pub(super) fn entry<'a>(&self, user: &'a User) -> Option<&'a DirectoryEntry> {
        let entry = user.directory.as_deref();
        entry.filter(|entry| entry.identity.issuer == self.provider.issuer)
    }

    /// Whether the directory could reach such a user: a person who is no administrator.
    pub(super) fn can_reach(user: &User) -> bool {
        user.kind == UserKind::Person && !user.is_administrator
    }

    /// What makes the user one of the directory's. `None` if nothing does.
    pub(super) async fn reach(
        &self,
        draft: &Draft<'_>,
        user: &User,
    ) -> Result<Option<Reached>, Error> {
        if !Self::can_reach(user) {
            return Ok(None);
        }
        if self.entry(user).is_some() {
            return Ok(Some(Reached::Entry));
        }
        for identity in self.identities(draft.read(), user).await? {
            if let (identity, Judgement::Genuine) = draft.judge(identity).await {
                return Ok(Some(Reached::Identity(identity)));
            }
        }
        Ok(None)
    }

    /// The user's identities at the directory's provider, genuine or not.
    pub(super) async fn identities(
        &self,
        read: &(impl Repositories + ?Sized),
        user: &User,
    ) -> Result<Vec<Tagged<LinkedIdentity>>, Error> {
        let mut identities = read.identities().of_user(user.id).await?;
        identities.retain(|it| it.row.identity.issuer == self.provider.issuer);
        Ok(identities)
    }

    /// The user as the directory sees it.
    pub(super) fn view(&self, user: &User, reached: &Reached) -> DirectoryUserView {
        let entry = self.entry(user);
        let external_id = match reached {
            Reached::Identity(linked) if self.knows_subjects => {
                Some(linked.identity.subject.as_str())
            }
            _ => entry.map(|entry| entry.identity.subject.as_str()),
        };
        view(user, entry, external_id)
    }
}

/// The user with this entry, as the directory sees it.
pub(super) fn view(
    user: &User,
    entry: Option<&DirectoryEntry>,
    external_id: Option<&str>,
) -> DirectoryUserView {
    let text = |text: &str| text.to_owned();
    let given = entry.and_then(|entry| entry.given_name.as_ref());
    let family = entry.and_then(|entry| entry.family_name.as_ref());
    let display_name = match entry {
        Some(entry) if entry.is_provisioned => entry.display_name.as_ref(),
        _ => Some(&user.display_name),
    };
    DirectoryUserView {
        id: user.id,
        external_id: external_id.map(text),
        user_name: text(user.name.as_str()),
        display_name: display_name.map(|name| text(name.as_str())),
        given_name: given.map(|name| text(name.as_str())),
        family_name: family.map(|name| text(name.as_str())),
        email: user.email.as_ref().map(|email| text(email.as_str())),
        active: !user.disabled.are_set_by(ats_pat_domain::DisabledBy::Scim),
        groups: user
            .groups
            .iter()
            .filter_map(ats_pat_domain::group::Group::directory_id)
            .collect(),
        created_at: user.created_at,
        updated_at: entry.map_or(user.created_at, |entry| entry.updated_at),
    }
}
