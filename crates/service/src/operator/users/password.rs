//! A new password for a user.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::{User, UserId};
use secrecy::SecretString;

use super::find::{find_even_planted, require_another, require_living, require_person};
use crate::change::{Change, Draft, Taken};
use crate::operator::Operator;
use crate::service::error::Error;
use crate::service::turns::Claim;
use crate::tokens::{revoke_tokens, revoke_tokens_of};
use crate::view::UserView;

impl Operator<'_> {
    /// The hash of a new password.
    pub(super) async fn hash(
        &self,
        password: &SecretString,
        about: &[&str],
    ) -> Result<String, Error> {
        let inner = &self.service.inner;
        let salt = inner.changes.random()?;
        let hash = inner
            .passwords
            .hash_new("Password", password, about, salt, Claim::OPERATOR);
        hash.await
    }

    /// Gives a user a new password; the user's sessions end, and where `revoke_tokens` says so the
    /// active tokens too: somebody else may have made or copied them.
    ///
    /// # Errors
    /// [`Problem::RecentSignInRequired`](ats_pat_domain::Problem::RecentSignInRequired) for an
    /// administrator who signed in too long ago, [`Error::UserNotFound`], [`Error::OwnAccount`],
    /// [`Error::NoPerson`] for a service account, 1001 for a password against the rules.
    pub async fn set_password(
        &self,
        name: &str,
        password: &SecretString,
        revoke_tokens: bool,
    ) -> Result<UserView, Error> {
        self.require(Right::Administrators)?;
        self.require_recent_sign_in().await?;
        let user = self.find_user(name).await?;
        // Before any password work; the transaction asks again.
        require_another(self.authority.actor(), user.id)?;
        require_person(&user)?;
        let about = [user.name.as_str(), user.display_name.as_str()];
        let password_hash = self.hash(password, &about).await?;
        let set = SetPassword {
            id: user.id,
            password_hash,
            revoke_tokens,
        };
        Ok(UserView::new(&self.change(set).await?))
    }
}

impl Operator<'_> {
    /// Revokes every token of the user of this name; gives how many were active.
    ///
    /// # Errors
    /// [`Error::UserNotFound`]; 1102 for an operator key without the right over administrators, if
    /// the user is one.
    pub async fn revoke_tokens_of(&self, name: &str) -> Result<u64, Error> {
        let revoke = RevokeTokens {
            name: name.to_owned(),
        };
        self.change(revoke).await
    }
}

struct RevokeTokens {
    name: String,
}

impl Change for RevokeTokens {
    type Output = u64;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        let (user, _) = find_even_planted(draft, &self.name).await?;
        draft.require_right_over(&user)?;
        let revoked = revoke_tokens(draft, Some(user.id)).await?;
        Ok((revoked, Taken::now_if(revoked > 0)))
    }
}

struct SetPassword {
    id: UserId,
    password_hash: String,
    revoke_tokens: bool,
}

impl Change for SetPassword {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let user = draft.read().users().by_id(self.id).await?;
        let user = user.ok_or_else(|| Error::UserNotFound {
            name: self.id.to_string(),
        })?;
        let mut user = draft.check(user).await?;
        require_living(&user)?;
        require_person(&user)?;
        // An open session shall not take over its account: the own password is changed by the
        // current one.
        require_another(draft.actor(), user.id)?;
        user.password_hash = Some(self.password_hash.clone());
        draft.update_user(user.clone()).await?;
        let ended = draft.delete_sessions_of(user.id).await?;
        draft.record(
            draft
                .entry(EventKind::PasswordSet, &user.id)
                .owner(user.id)
                .detail("SessionsEnded", ended)
                .personal("UserName", user.name.as_str()),
        );
        if !self.revoke_tokens {
            return Ok((user, Taken::Sessions));
        }
        revoke_tokens_of(draft, user.id).await?;
        Ok((user, Taken::Now))
    }
}
