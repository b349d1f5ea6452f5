//! Confirms a session by the password: another session replaces it.

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
use crate::service::turns::Rank;
use crate::sessions::passwords::Claim;
use crate::view::SessionUser;

/// The detail of both events when a session replaces another.
pub(crate) const CONFIRMED: &str = "Confirmed";

impl Service {
    /// Confirms a session by the password of its user. The session ends, and a new one replaces it,
    /// so its sign-in is recent. The answer has the id of the new session.
    ///
    /// # Errors
    /// - [`Problem::ValidationFailed`] for an empty password.
    /// - [`Problem::TooManyRequests`] after too many wrong passwords, which are counted with the
    ///   sign-ins.
    /// - [`Problem::InvalidCredentials`].
    /// - [`Problem::SignInRequired`] if the session ended in the meantime.
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

    /// Verifies the password of a signed-in user under the same limits as a sign-in. Returns the
    /// claim for further password work.
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
        let (limits, passwords) = (&self.inner.limits, &self.inner.passwords);
        let turn = limits.sign_in(&folded, client.address, passwords).await?;
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
    /// The hash of the password when it was verified.
    verified: Option<String>,
    before: [u8; 32],
    session: NewSession,
}

impl Change for ReplaceSession {
    type Output = User;

    fn rank(&self) -> Rank {
        Rank::Second
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let user = draft.user()?.clone();
        // The password may have been changed since it was verified.
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
