//! The groups that a user is in.

use ats_pat_domain::User;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;

use super::find::{find_user, require_living};
use crate::change::{Change, Draft, Taken};
use crate::operator::Operator;
use crate::service::error::Error;
use crate::view::UserView;

impl Operator<'_> {
    /// Puts a user, or a service account, into these groups and no others. What the policy says of
    /// the user's tokens can be another from then on. The user's sessions end.
    ///
    /// # Errors
    /// [`Error::InvalidGroup`], [`Error::UserNotFound`], [`Error::Quarantined`].
    pub async fn set_groups(&self, name: &str, groups: &[String]) -> Result<UserView, Error> {
        let set = SetGroups {
            name: name.to_owned(),
            groups: Groups::new(groups)?,
        };
        Ok(self.with_responsible(&self.change(set).await?).await)
    }
}

struct SetGroups {
    name: String,
    groups: Groups,
}

impl Change for SetGroups {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let mut user = find_user(draft, &self.name).await?;
        require_living(&user)?;
        if user.groups == self.groups {
            return Ok((user, Taken::now_if(false)));
        }
        // The session began by the rights that the user had then.
        let sessions_ended = draft.delete_sessions_of(user.id).await?;
        let before = std::mem::replace(&mut user.groups, self.groups.clone());
        draft.update_user(user.clone()).await?;
        draft.record(
            draft
                .entry(EventKind::GroupsSet, &user.id)
                .owner(user.id)
                .detail("Groups", user.groups.names())
                .detail("GroupsBefore", before.names())
                .detail("SessionsEnded", sessions_ended)
                .personal("UserName", user.name.as_str()),
        );
        // To leave a group can take something away, and so can to join one. Which, the policies of
        // the servers say.
        Ok((user, Taken::now_if(true)))
    }
}
