//! Changing one's own password.

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Problem, Reason, User};
use secrecy::SecretString;

use super::sign_in::{NewSession, SignInResult};
use super::{SignedIn, still_signed_in};
use crate::change::{Change, Draft, Outcome, Taken};
use crate::client::Client;
use crate::error::Error;
use crate::ledger::Entry;
use crate::service::Service;
use crate::tokens::revoke_tokens_of;
use crate::view::SessionUser;

/// The field that refusals of a new password name.
const NEW_PASSWORD: &str = "NewPassword";

/// A password in place of another.
#[derive(Clone)]
pub struct PasswordChange {
    /// The password that the user has.
    pub current: SecretString,
    /// The one to have.
    pub new: SecretString,
    /// Whether all the user's active tokens end as well: somebody else may have made or copied them.
    pub revoke_tokens: bool,
}

impl Service {
    /// Gives the user a new password. All the user's sessions end, this one too: the answer holds the id of
    /// a new one.
    ///
    /// # Errors
    /// 1400 after too many wrong passwords (counted with the sign-ins), 1101 for a wrong current one, 1001
    /// of `NewPassword` for one against the rules (`repeated`: it is the current one), 1100 where the
    /// session ended meanwhile.
    pub async fn change_password<'a>(
        &self,
        by: &SignedIn,
        change: PasswordChange,
        client: impl Into<Client<'a>>,
    ) -> Result<Outcome<SignInResult>, Error> {
        let client = client.into();
        let passwords = &self.inner.passwords;
        let (user, stored) = (&by.user, by.user.password_hash.clone());
        let folded = user.name.folded();
        let turn = self.inner.limits.sign_in(&folded, client.address).await?;
        let claim = turn.claim();
        if !passwords
            .verify(stored.clone(), &change.current, claim)
            .await?
        {
            turn.failed();
            return Err(Problem::InvalidCredentials.into());
        }
        turn.forgive();
        // Not compared as text: one password can be typed in two ways.
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
            by: by.clone(),
            password_hash,
            revoke_tokens: change.revoke_tokens,
            session,
        };
        let user = self.change(replace).await?;
        let result = SignInResult {
            session_id: id.to_text(),
            user: SessionUser::new(&user),
        };
        if change.revoke_tokens {
            return Ok(self.taken_away(Taken::Now, result).await);
        }
        Ok(Outcome::ends_sessions(result))
    }
}

struct ReplacePassword {
    by: SignedIn,
    password_hash: String,
    revoke_tokens: bool,
    session: NewSession,
}

impl Change for ReplacePassword {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<User, Error> {
        let mut user = still_signed_in(draft, &self.by).await?;
        // Since the current password was verified, it may have been changed.
        if user.password_hash != self.by.user.password_hash {
            return Err(Problem::InvalidCredentials.into());
        }
        user.password_hash = Some(self.password_hash.clone());
        draft.update_user(user.clone()).await?;
        let ended = draft.delete_sessions_of(user.id).await?;
        draft.record(
            Entry::new(EventKind::PasswordSet, self.by.actor(), &user.id)
                .owner(user.id)
                .detail("SessionsEnded", ended)
                .personal("UserName", user.name.as_str()),
        );
        if self.revoke_tokens {
            revoke_tokens_of(draft, user.id, self.by.actor()).await?;
        }
        self.session.start(draft, user.id).await?;
        Ok(user)
    }
}
