//! Sessions: signing in, using a session, signing out.

mod confirm;
pub(crate) mod identity;
mod own;
mod password;
pub(crate) mod passwords;
mod recent;
pub(crate) mod setup;
mod sign_in;
mod signed_in;

use std::time::Duration;

use ats_pat_auth::{KeyedHash, RootKeys, SessionId};
use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::StoreError;
use ats_pat_domain::sign_in_rule::has_lapsed;
use ats_pat_domain::{Problem, Session, Timestamp};
pub(crate) use confirm::CONFIRMED;
pub use password::PasswordChange;
pub use recent::StepUp;
pub use sign_in::SignInResult;
pub(crate) use sign_in::{MOST_SESSIONS, NewSession};
pub use signed_in::SignedIn;
pub(crate) use signed_in::belongs;

use crate::change::{Authority, Change, Draft, Taken};
use crate::ledger::rows::hex;
use crate::service::Service;
use crate::service::error::{Error, causes};
use crate::service::turns::Rank;

/// The shortest time between two notes of a session's use.
const TOUCHED_EVERY: Duration = Duration::from_mins(1);
/// The part of the idle time that a note may be late.
const TOUCHED_PER_IDLE: u32 = 30;

impl Service {
    /// Finds the session with this id.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] if the session is unknown, was idle too long, or is at its end,
    /// or if its user is disabled or has not signed in at the identity provider for too long.
    pub async fn authenticate(&self, session_id: &str) -> Result<SignedIn, Error> {
        let now = self.now();
        let signed_in = self.holding(self.find_session(session_id).await?, now)?;
        let session = &signed_in.session;
        let touched_every = TOUCHED_EVERY.min(self.inner.settings.session_idle / TOUCHED_PER_IDLE);
        if session.last_seen_at.after(touched_every) <= now
            && let Err(error) = self.note_seen(session, now).await
        {
            tracing::warn!(cause = %causes(&error), "a session could not be noted as seen");
        }
        Ok(signed_in)
    }

    /// Finds the one valid session among these ids. A browser may send several cookies: those of
    /// ended sessions, or cookies that a neighbouring site wrote.
    ///
    /// # Errors
    /// [`Problem::SignInRequired`] if none is valid, or if valid ones are of different users,
    /// because nobody can tell which one is meant.
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

    async fn note_seen(&self, session: &Session, now: Timestamp) -> Result<(), Error> {
        let hash = &session.id_hash;
        let tag = self.roots().current().hash_last_seen(hash, now.as_millis());
        let touched = self.store().touch_session(hash, now, tag.as_bytes()).await;
        Ok(touched?)
    }

    /// The session with its last use, if the tag of that time is right. So nobody can keep a
    /// session from idling out with write access to the database alone.
    pub(super) fn seen_as_proven(&self, session: Session) -> Session {
        let at = session.last_seen_at.as_millis();
        let is_proven = session.seen_tag.as_deref().is_some_and(|tag| {
            let tag = KeyedHash::from_slice(tag);
            let of = |keys: &RootKeys| keys.hash_last_seen(&session.id_hash, at);
            tag.is_ok_and(|tag| self.roots().newest_first().any(|keys| of(keys) == tag))
        });
        if is_proven {
            session
        } else {
            Session {
                last_seen_at: session.created_at,
                ..session
            }
        }
    }

    /// Ends the session with this id, if there is one. The id is enough. Whatever the row says, and
    /// even if it is not genuine, the session ends.
    pub async fn sign_out(&self, session_id: Option<&str>) -> Result<(), Error> {
        let Some(id) = session_id.and_then(SessionId::parse) else {
            return Ok(());
        };
        for keys in self.roots().newest_first() {
            let id_hash = keys.hash_session_id(&id).to_bytes();
            // The user's row may be missing. Removing it must not prevent the end of a session.
            let authority = match self.store().sessions().alone(&id_hash).await {
                Ok(None) => continue,
                // A planted row may name any user.
                Ok(Some(session)) if self.roots().is_genuine(&session) => {
                    Authority::SignOut(session.row.user_id)
                }
                Ok(Some(_)) | Err(StoreError::Corrupt { .. }) => Authority::Holder,
                Err(error) => return Err(error.into()),
            };
            self.change(authority, EndSession { id_hash }).await?;
        }
        Ok(())
    }

    /// Checks the session again, because it may have ended in the meantime.
    ///
    /// # Errors
    /// Those of [`Service::authenticate`]. The use is not noted.
    pub(crate) async fn authenticate_again(&self, by: &SignedIn) -> Result<SignedIn, Error> {
        let found = self.session_of_hash(&by.session.id_hash).await?;
        Ok(self.holding(found, self.now())?)
    }

    fn holding(&self, found: Option<SignedIn>, now: Timestamp) -> Result<SignedIn, Problem> {
        let idle = self.inner.settings.session_idle;
        found
            .filter(|found| {
                found.session.is_valid(now, idle)
                    && !found.user.is_disabled()
                    && !has_lapsed(&found.session, &found.user, self.sign_in_rules(), now)
            })
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
        let currency = self.currency();
        let read = || async {
            let found = self.store().sessions().by_hash(hash).await?;
            Ok(found.map(|found| ((found.session, found.user), found.head)))
        };
        let judged = currency.judged_at(read, |(session, user)| {
            let belongs = belongs(self.roots(), &session, &user);
            Ok((currency.check(session)?, currency.check(user)?, belongs))
        });
        Ok(judged
            .await?
            .and_then(Result::ok)
            .filter(|(_, _, belongs)| *belongs)
            .map(|(session, user, _)| SignedIn {
                session: self.seen_as_proven(session),
                user,
            }))
    }
}

struct EndSession {
    id_hash: [u8; 32],
}

impl Change for EndSession {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let mut entry = draft.entry(EventKind::SessionEnded, &hex(&self.id_hash));
        match draft.read().sessions().alone(&self.id_hash).await {
            Ok(None) => return Ok(((), Taken::Sessions)),
            Ok(Some(session)) => {
                entry = entry.owner(session.row.user_id);
                draft.delete_session(&session).await?;
            }
            Err(StoreError::Corrupt { .. }) => {
                draft.delete_unreadable_session(&self.id_hash).await?;
            }
            Err(error) => return Err(error.into()),
        }
        draft.record(entry);
        Ok(((), Taken::Sessions))
    }
}
