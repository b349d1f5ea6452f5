//! The directory changes a user: all of it, or a part.

use ats_pat_domain::directory::DirectoryRefusal;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{DisabledBy, Identity, User, UserId};

use super::attributes::{CheckedUser, DirectoryUser};
use super::reach::{Reached, view};
use super::version::Precondition;
use super::write::{BY, updated, write};
use super::{Directory, Rules};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::ledger::rows::altered;
use crate::operator::operator_keys::revoke_keys_of;
use crate::operator::strip;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::take_places_of;
use crate::view::DirectoryUserView;

impl Directory<'_> {
    /// Changes a user. To keep somebody out works on any row, whether or not it is genuine.
    ///
    /// # Errors
    /// [`DirectoryRefusal`].
    pub async fn update_user(
        &self,
        id: &str,
        to: &DirectoryUser,
        only_if: Precondition,
    ) -> Result<DirectoryUserView, Error> {
        let update = Update {
            rules: self.rules.clone(),
            id: user_id(id)?,
            to: to.check()?,
            only_if,
        };
        self.change(update).await
    }
}

/// The id of a user.
///
/// # Errors
/// [`DirectoryRefusal::NotFound`].
pub(super) fn user_id(id: &str) -> Result<UserId, DirectoryRefusal> {
    id.parse().map_err(|_| DirectoryRefusal::NotFound)
}

struct Update {
    rules: Rules,
    id: UserId,
    to: CheckedUser,
    only_if: Precondition,
}

/// The user of this id, and what is known of the row.
pub(super) async fn found(draft: &Draft<'_>, id: UserId) -> Result<(User, Judgement), Error> {
    let found = draft.read().users().by_id(id).await?;
    Ok(draft.judge(found.ok_or(DirectoryRefusal::NotFound)?).await)
}

/// Whether a row that can't be told to be genuine is one that the directory may end. One that was
/// planted or altered grants nothing, and nothing that it says is believed.
pub(super) async fn may_end(
    draft: &Draft<'_>,
    rules: &Rules,
    user: &User,
    judgement: Judgement,
) -> Result<bool, Error> {
    Ok(judgement == Judgement::Planted
        || rules.entry(user).is_some_and(|_| Rules::can_reach(user))
        || rules.reach(draft, user).await?.is_some())
}

/// Takes all from a row that can't be told to be genuine, and keeps the user out.
pub(super) async fn end_unproven(
    draft: &Draft<'_>,
    mut user: User,
    judgement: Judgement,
) -> Result<User, Error> {
    strip(draft, &mut user, judgement).await?;
    user.disabled = user.disabled.with(DisabledBy::Scim);
    draft.update_user(user.clone()).await?;
    take_places_of(draft, user.id).await?;
    let ended = draft.delete_sessions_of(user.id).await?;
    let entry = draft
        .entry(EventKind::UserDisabled, &user.id)
        .owner(user.id)
        .detail(BY, DisabledBy::Scim.as_str())
        .detail("SessionsEnded", ended)
        .personal("UserName", user.name.as_str());
    draft.record(entry);
    // Afterwards, because these have events of their own.
    revoke_keys_of(draft, user.id).await?;
    Ok(user)
}

impl Update {
    /// Who the user is in the directory after the change, if it knows.
    ///
    /// # Errors
    /// [`DirectoryRefusal::Immutable`].
    fn identity(&self, user: &User, reached: &Reached) -> Result<Option<Identity>, Error> {
        let identity = match (self.rules.entry(user), reached) {
            (Some(entry), _) => Some(entry.identity.clone()),
            (None, Reached::Identity(linked)) if self.rules.knows_subjects => {
                Some(linked.identity.clone())
            }
            // The next sign-in tells. To take it from here would be to find a user by a name.
            _ => None,
        };
        let before = identity.as_ref().map(|identity| &identity.subject);
        if self.to.external_id.is_some() && self.to.external_id.as_ref() != before {
            let attribute = "externalId";
            return Err(DirectoryRefusal::Immutable { attribute }.into());
        }
        Ok(identity)
    }
}

impl Change for Update {
    type Output = DirectoryUserView;

    fn rank(&self) -> Rank {
        if self.to.active == Some(false) {
            Rank::First
        } else {
            Rank::Third
        }
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(DirectoryUserView, Taken), Error> {
        let (before, judgement) = found(draft, self.id).await?;
        if judgement != Judgement::Genuine {
            if self.to.active == Some(false) {
                if !may_end(draft, &self.rules, &before, judgement).await? {
                    return Err(DirectoryRefusal::NotFound.into());
                }
                let user = end_unproven(draft, before, judgement).await?;
                let entry = user.directory.as_deref();
                let external_id = entry.map(|entry| entry.identity.subject.as_str());
                return Ok((view(&user, entry, external_id), Taken::Now));
            }
            return Err(match judgement {
                Judgement::Planted => altered(&before, "was planted or altered"),
                _ => Error::LogNotRead,
            });
        }
        let reached = self.rules.reach(draft, &before).await?;
        let reached = reached.ok_or(DirectoryRefusal::NotFound)?;
        let seen = self.rules.view(&before, &reached);
        self.only_if.check(&seen.version())?;
        let identity = self.identity(&before, &reached)?;
        let user = updated(draft, &before, identity.as_ref(), &self.to).await?;
        let seen = self.rules.view(&user, &reached);
        Ok((seen, write(draft, &before, user).await?))
    }
}
