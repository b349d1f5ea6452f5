//! Users change their own passwords.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Problem, Reason, User};
use secrecy::SecretString;

use super::SignedIn;
use super::sign_in::{NewSession, SignInResult};
use crate::change::{Authority, Change, Draft, Taken};
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::revoke_tokens_of;
use crate::view::SessionUser;

/// The field in refusals of a new password.
const NEW_PASSWORD: &str = "NewPassword";

/// A change of a user's own password.
#[derive(Clone)]
pub struct PasswordChange {
    /// The current password, which proves who asks.
    pub current: SecretString,
    /// The new password, which has to keep the rules.
    pub new: SecretString,
    /// Whether all active tokens of the user are revoked as well, because somebody else may have
    /// made or copied them.
    pub revoke_tokens: bool,
}

impl Service {
    /// Changes the user's password. All sessions of the user end, including this one. The answer
    /// has the id of a new session.
    ///
    /// # Errors
    /// - [`Problem::TooManyRequests`] after too many wrong passwords, which are counted with the
    ///   sign-ins.
    /// - [`Problem::InvalidCredentials`] for a wrong current password.
    /// - [`Problem::ValidationFailed`] of `NewPassword` if the new one is not allowed, with
    ///   `repeated` if it is the current one.
    /// - [`Problem::SignInRequired`] if the session ended in the meantime.
    pub async fn change_password<'a>(
        &self,
        by: &SignedIn,
        change: PasswordChange,
        client: impl Into<Client<'a>>,
    ) -> Result<SignInResult, Error> {
        let client = client.into();
        let passwords = &self.inner.passwords;
        let (user, stored) = (&by.user, by.user.password_hash.clone());
        let claim = self.verify_own(by, &change.current, client).await?;
        // Passwords are not compared as text, because the same password can be typed in two ways.
        if passwords.verify(stored.clone(), &change.new, claim).await? {
            return Err(Problem::validation(NEW_PASSWORD, Reason::Repeated).into());
        }
        let about = [user.name.as_str(), user.display_name.as_str()];
        let salt = self.inner.changes.random()?;
        let password_hash = passwords
            .hash_new(NEW_PASSWORD, &change.new, &about, salt, claim)
            .await?;
        let (id, session) = NewSession::make(self, client)?;
        let replace = ReplacePassword {
            verified: stored,
            password_hash,
            revoke_tokens: change.revoke_tokens,
            session,
        };
        let user = self.change(Authority::Session(by.clone()), replace).await?;
        Ok(SignInResult {
            session_id: id.to_text(),
            user: SessionUser::new(&user),
        })
    }
}

struct ReplacePassword {
    /// The hash of the current password when it was verified.
    verified: Option<String>,
    password_hash: String,
    revoke_tokens: bool,
    session: NewSession,
}

impl Change for ReplacePassword {
    type Output = User;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let mut user = draft.user()?.clone();
        // The password may have been changed since it was verified.
        if user.password_hash != self.verified {
            return Err(Problem::InvalidCredentials.into());
        }
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
        let mut taken = Taken::Sessions;
        if self.revoke_tokens {
            revoke_tokens_of(draft, user.id).await?;
            taken = Taken::Now;
        }
        self.session.start(draft, user.id).await?;
        Ok((user, taken))
    }
}
