//! Giving the password once more: another session in the place of the one that asks.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Problem, Reason, User};
use secrecy::{ExposeSecret, SecretString};

use super::SignedIn;
use super::sign_in::{NewSession, SignInResult};
use crate::change::{Authority, Change, Draft, Taken};
use crate::ledger::rows::hex;
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::Error;
use crate::service::turns::Claim;
use crate::view::SessionUser;

/// The detail of both events of a session that takes the place of another.
const CONFIRMED: &str = "Confirmed";

impl Service {
    /// Confirms a session by the password of its user. The session ends, and another one begins in
    /// its place, so that its sign-in is recent. The answer has the new session's id.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] for an empty password, [`Problem::TooManyRequests`] after too
    /// many wrong passwords (counted with the sign-ins), [`Problem::InvalidCredentials`],
    /// [`Problem::SignInRequired`] where the session ended meanwhile.
    pub async fn confirm_session<'a>(
        &self,
        by: &SignedIn,
        password: &SecretString,
        client: impl Into<Client<'a>>,
    ) -> Result<SignInResult, Error> {
        let client = client.into();
        if password.expose_secret().is_empty() {
            return Err(Problem::validation("Password", Reason::Empty).into());
        }
        self.verify_own(by, password, client).await?;
        let (id, session) = NewSession::make(self, client)?;
        let replace = ReplaceSession {
            verified: by.user.password_hash.clone(),
            before: by.session.id_hash,
            session,
        };
        let user = self.change(Authority::Session(by.clone()), replace).await?;
        Ok(SignInResult {
            session_id: id.to_text(),
            user: SessionUser::new(&user),
        })
    }

    /// Judges the password that a signed-in user gives once more, as a sign-in is judged. Gives on
    /// whose behalf further password work is done.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`], [`Problem::InvalidCredentials`].
    pub(super) async fn verify_own(
        &self,
        by: &SignedIn,
        password: &SecretString,
        client: Client<'_>,
    ) -> Result<Claim, Error> {
        let folded = by.user.name.folded();
        let turn = self.inner.limits.sign_in(&folded, client.address).await?;
        let claim = turn.claim();
        let stored = by.user.password_hash.clone();
        let is_right = self.inner.passwords.verify(stored, password, claim).await?;
        if !is_right {
            turn.failed();
            return Err(Problem::InvalidCredentials.into());
        }
        turn.forgive();
        Ok(claim)
    }
}

struct ReplaceSession {
    /// The hash that the password was verified against.
    verified: Option<String>,
    before: [u8; 32],
    session: NewSession,
}

impl Change for ReplaceSession {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let user = draft.user()?.clone();
        // Since the password was verified, it may have been changed.
        if user.password_hash != self.verified {
            return Err(Problem::InvalidCredentials.into());
        }
        let before = draft.read().sessions().alone(&self.before).await?;
        let before = before.ok_or(Problem::SignInRequired)?;
        draft.delete_session(&before).await?;
        let ended = draft.entry(EventKind::SessionEnded, &hex(&self.before));
        draft.record(ended.owner(user.id).detail(CONFIRMED, true));
        let started = self.session.add(draft, user.id).await?;
        draft.record(started.detail(CONFIRMED, true));
        Ok((user, Taken::Sessions))
    }
}
