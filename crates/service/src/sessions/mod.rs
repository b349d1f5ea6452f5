//! Sessions: signing in, being signed in, signing out.

mod own;
mod password;
mod sign_in;

use std::time::Duration;

use ats_pat_auth::SessionId;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Problem, Session, Timestamp, User, UserId};
pub use password::PasswordChange;
pub use sign_in::SignInResult;

use crate::change::{Authority, Change, Draft, Taken};
use crate::error::{Error, causes};
use crate::rows::Row;
use crate::service::Service;
use crate::view::SessionUser;

/// How often a session in use is noted as seen, at most.
const TOUCHED_EVERY: Duration = Duration::from_mins(1);
/// The part of the idle time that a note may lag.
const TOUCHED_PER_IDLE: u32 = 30;

/// Proof that a session holds: what the use cases of a signed-in user ask for.
#[derive(Clone)]
pub struct SignedIn {
    pub(crate) session: Session,
    pub(crate) user: User,
}

impl SignedIn {
    /// Who is signed in.
    pub fn user(&self) -> SessionUser {
        SessionUser::new(&self.user)
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.user.id
    }
}

impl Service {
    /// Finds the session of this id.
    ///
    /// # Errors
    /// 1100 where it does not hold: unknown, idle too long, at its end, or its user disabled.
    pub async fn authenticate(&self, session_id: &str) -> Result<SignedIn, Error> {
        let now = self.now();
        let signed_in = self.holding(self.find_session(session_id).await?, now)?;
        let session = &signed_in.session;
        let touched_every = TOUCHED_EVERY.min(self.inner.settings.session_idle / TOUCHED_PER_IDLE);
        if session.last_seen_at.after(touched_every) <= now
            && let Err(error) = self.store().touch_session(&session.id_hash, now).await
        {
            tracing::warn!(cause = %causes(&error), "a session could not be noted as seen");
        }
        Ok(signed_in)
    }

    /// Finds the one session of these ids that holds: a browser may send others of ours that have ended, or what a
    /// neighbour of the site wrote.
    ///
    /// # Errors
    /// 1100 where none holds, and where sessions of different users do: which of them is meant can't be told.
    pub async fn authenticate_one_of(&self, session_ids: &[&str]) -> Result<SignedIn, Error> {
        let mut found: Option<SignedIn> = None;
        for id in session_ids {
            match self.authenticate(id).await {
                Ok(another) => match &found {
                    Some(first) if first.user_id() != another.user_id() => {
                        return Err(Problem::SignInRequired.into());
                    }
                    Some(_) => {}
                    None => found = Some(another),
                },
                Err(Error::Refused(Problem::SignInRequired)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found.ok_or(Problem::SignInRequired)?)
    }

    /// Ends the session of this id, if there is one.
    pub async fn sign_out(&self, session_id: Option<&str>) -> Result<(), Error> {
        if let Some(id) = session_id
            && let Some(found) = self.find_session(id).await?
        {
            let authority = Authority::SignOut(found.session.user_id);
            let session = found.session;
            self.change(authority, EndSession { session }).await?;
        }
        Ok(())
    }

    /// Finds the session again: since it was found, it may have been ended.
    ///
    /// # Errors
    /// As [`Service::authenticate`]; the session is not noted as seen.
    pub(crate) async fn authenticate_again(&self, by: &SignedIn) -> Result<SignedIn, Error> {
        let found = self.session_of_hash(&by.session.id_hash).await?;
        Ok(self.holding(found, self.now())?)
    }

    fn holding(&self, found: Option<SignedIn>, now: Timestamp) -> Result<SignedIn, Problem> {
        let idle = self.inner.settings.session_idle;
        found
            .filter(|found| found.session.holds(now, idle) && !found.user.disabled)
            .ok_or(Problem::SignInRequired)
    }

    async fn find_session(&self, session_id: &str) -> Result<Option<SignedIn>, Error> {
        let Some(id) = SessionId::parse(session_id) else {
            return Ok(None);
        };
        for keys in self.roots().newest_first() {
            let hash = keys.hash_session_id(&id).to_bytes();
            if let Some(found) = self.session_of_hash(&hash).await? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn session_of_hash(&self, hash: &[u8; 32]) -> Result<Option<SignedIn>, Error> {
        let Some((session, user)) = self.store().sessions().by_hash(hash).await? else {
            return Ok(None);
        };
        let (Ok(session), Ok(user)) = (self.roots().check(session), self.roots().check(user))
        else {
            return Ok(None);
        };
        Ok((session.user_id == user.id).then_some(SignedIn { session, user }))
    }
}

struct EndSession {
    session: Session,
}

impl Change for EndSession {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        if draft
            .read()
            .sessions()
            .by_hash(&self.session.id_hash)
            .await?
            .is_none()
        {
            return Ok(((), Taken::Sessions));
        }
        draft.delete_session(&self.session).await?;
        let user = self.session.user_id;
        draft.record(
            draft
                .entry(EventKind::SessionEnded, &self.session.row_id())
                .owner(user),
        );
        Ok(((), Taken::Sessions))
    }
}
