//! Erasing what is known of a user as a person.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Groups;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{DisabledBy, DisplayName, SignedInElsewhere, User, UserId, UserName};

use super::disable::is_last_administrator;
use super::find::{find_even_planted_by_id, require_another};
use crate::change::{Change, Draft, Judgement, Taken};
use crate::ledger::rows::hex;
use crate::operator::Operator;
use crate::operator::operator_keys::revoke_keys_of;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::revoke_tokens_of;
use crate::view::UserView;

impl Operator<'_> {
    /// Erases the personal details of a user for good: names, address, password, what the tokens
    /// are called, where they were used from, and the personal part of every event about the user.
    /// The user's tokens and operator keys are revoked, and nobody can sign in any more. Events
    /// stay, and can be verified as before. An erased user stays as it was.
    ///
    /// # Errors
    /// [`Problem::Forbidden`](ats_pat_domain::Problem::Forbidden) for an operator key without the
    /// right over administrators;
    /// [`Problem::RecentSignInRequired`](ats_pat_domain::Problem::RecentSignInRequired) for an
    /// administrator who signed in too long ago; [`Error::UserNotFound`], [`Error::OwnAccount`],
    /// [`Error::LastAdministrator`].
    pub async fn erase_user(&self, id: UserId) -> Result<UserView, Error> {
        self.require(Right::Administrators)?;
        self.require_recent_sign_in().await?;
        Ok(UserView::new(&self.change(Erase { id }).await?))
    }
}

struct Erase {
    id: UserId,
}

impl Change for Erase {
    type Output = User;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let (mut user, judgement) = find_even_planted_by_id(draft, self.id).await?;
        require_another(draft.actor(), user.id)?;
        if judgement == Judgement::Planted {
            draft.quarantine(&user);
        } else if user.kind == UserKind::Erased {
            return Ok((user, Taken::now_if(false)));
        } else if is_last_administrator(draft, &user).await? {
            return Err(Error::LastAdministrator {
                name: user.name.as_str().to_owned(),
            });
        }
        // First, so that what the entries below say of tokens is erased too.
        draft.erase_details_of(user.id).await?;
        // Nobody can take this name beforehand.
        let name = format!("erased-{}", hex(&draft.random::<8>()?));
        user.name = UserName::from_stored(name);
        user.display_name = DisplayName::from_stored("Erased user".to_owned());
        user.email = None;
        user.kind = UserKind::Erased;
        user.password_hash = None;
        user.is_administrator = false;
        user.disabled = user.disabled.with(DisabledBy::Administrator);
        user.responsible_id = None;
        user.groups = Groups::default();
        user.provider_sign_in = None;
        user.signed_in_elsewhere = SignedInElsewhere::default();
        user.directory = None;
        draft.rename_user(user.clone()).await?;
        for identity in draft.read().identities().of_user(user.id).await? {
            draft.delete_identity(&identity).await?;
        }
        let ended = draft.delete_sessions_of(user.id).await?;
        draft.record(
            draft
                .entry(EventKind::UserErased, &user.id)
                .owner(user.id)
                .detail("SessionsEnded", ended),
        );
        revoke_keys_of(draft, user.id).await?;
        revoke_tokens_of(draft, user.id).await?;
        Ok((user, Taken::Now))
    }
}
