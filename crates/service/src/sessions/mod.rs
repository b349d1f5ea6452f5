//! Sessions: signing in, being signed in, signing out.

mod own;
mod password;

use std::time::Duration;

use ats_pat_auth::SessionId;
use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::problem::Failure;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{Problem, Reason, Session, User, UserId, UserName};
pub use password::PasswordChange;
use secrecy::{ExposeSecret, SecretString};

use crate::change::{Change, Draft};
use crate::client::Client;
use crate::error::{Error, causes};
use crate::ledger::Entry;
use crate::outcome::Outcome;
use crate::rows::Row;
use crate::service::Service;
use crate::view::SessionUser;

/// How often a session in use is noted as seen, at most.
const TOUCHED_EVERY: Duration = Duration::from_mins(1);
/// How many sessions a user may have; at the next sign-in the oldest ends.
const MOST_SESSIONS: usize = 100;
/// The part of the idle time that a note may lag.
const TOUCHED_PER_IDLE: u32 = 30;

/// A sign-in that was right.
pub struct SignInResult {
    /// The new session's id, for the cookie.
    pub session_id: SecretString,
    /// Who signed in.
    pub user: SessionUser,
}

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

    pub(crate) fn actor(&self) -> Actor {
        Actor::User(self.user.id)
    }
}

impl Service {
    /// Signs a person in; a new session each time.
    ///
    /// # Errors
    /// 1001 for an empty or impossible user name or an empty password, 1400 after too many failures, 1101,
    /// and 1205 for a disabled user with the right password.
    pub async fn sign_in<'a>(
        &self,
        user_name: &str,
        password: &SecretString,
        client: impl Into<Client<'a>>,
    ) -> Result<SignInResult, Error> {
        let client = client.into();
        let folded = checked_name(user_name, password)?.folded();
        let turn = self.inner.limits.sign_in(&folded, client.address).await?;
        let user = match self.store().users().by_folded_name(&folded).await? {
            Some(tagged) => self
                .roots()
                .check_named(tagged, &folded)
                .ok()
                .filter(|user| user.kind == UserKind::Person),
            None => None,
        };
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let is_right = self.inner.passwords.verify(stored, password).await?;
        let Some(user) = user.filter(|_| is_right) else {
            return Err(Problem::InvalidCredentials.into());
        };
        turn.forgive();
        if user.disabled {
            return Err(Problem::OwnerDisabled.into());
        }
        let (id, session) = NewSession::make(self, client)?;
        let started = StartSession {
            user_id: user.id,
            password_hash: user.password_hash,
            session,
        };
        let user = self.change(started).await?;
        Ok(SignInResult {
            session_id: id.to_text(),
            user: SessionUser::new(&user),
        })
    }

    /// Finds the session of this id.
    ///
    /// # Errors
    /// 1100 where it does not hold: unknown, idle too long, at its end, or its user disabled.
    pub async fn authenticate(&self, session_id: &str) -> Result<SignedIn, Error> {
        let now = self.now();
        let found = self.find_session(session_id).await?;
        let signed_in = found
            .filter(|found| {
                found.session.holds(now, self.inner.settings.session_idle) && !found.user.disabled
            })
            .ok_or(Problem::SignInRequired)?;
        let session = &signed_in.session;
        let touched_every = TOUCHED_EVERY.min(self.inner.settings.session_idle / TOUCHED_PER_IDLE);
        if session.last_seen_at.after(touched_every) <= now
            && let Err(error) = self.store().touch_session(&session.id_hash, now).await
        {
            tracing::warn!(cause = %causes(&error), "a session could not be noted as seen");
        }
        Ok(signed_in)
    }

    /// Ends the session of this id, if there is one.
    pub async fn sign_out(&self, session_id: Option<&str>) -> Result<Outcome<()>, Error> {
        if let Some(id) = session_id
            && let Some(found) = self.find_session(id).await?
        {
            self.change(EndSession {
                session: found.session,
            })
            .await?;
        }
        Ok(Outcome::takes_away(()))
    }

    async fn find_session(&self, session_id: &str) -> Result<Option<SignedIn>, Error> {
        let Some(id) = SessionId::parse(session_id) else {
            return Ok(None);
        };
        for keys in self.roots().newest_first() {
            let hash = keys.hash_session_id(&id).to_bytes();
            if let Some((session, user)) = self.store().sessions().by_hash(&hash).await? {
                let (Ok(session), Ok(user)) =
                    (self.roots().check(session), self.roots().check(user))
                else {
                    return Ok(None);
                };
                return Ok((session.user_id == user.id).then_some(SignedIn { session, user }));
            }
        }
        Ok(None)
    }
}

fn checked_name(user_name: &str, password: &SecretString) -> Result<UserName, Problem> {
    let name = UserName::new(user_name);
    let mut failures = Vec::new();
    if let Err(reason) = name {
        failures.push(Failure {
            field: "UserName",
            reason,
        });
    }
    if password.expose_secret().is_empty() {
        failures.push(Failure {
            field: "Password",
            reason: Reason::Empty,
        });
    }
    match name {
        Ok(name) if failures.is_empty() => Ok(name),
        _ => Err(Problem::ValidationFailed(failures)),
    }
}

/// Makes sure, inside a change, that the session still stands: since it was found, it may have been ended.
pub(crate) async fn still_signed_in(draft: &Draft<'_>, by: &SignedIn) -> Result<User, Error> {
    let found = draft.read().sessions().by_hash(&by.session.id_hash).await?;
    let (session, user) = found.ok_or(Problem::SignInRequired)?;
    let session = draft.check(session)?;
    let user = draft.check(user)?;
    if user.disabled
        || session.user_id != user.id
        || user.id != by.user.id
        || session.ends_at <= draft.now
    {
        return Err(Problem::SignInRequired.into());
    }
    Ok(user)
}

/// A session to start.
pub(crate) struct NewSession {
    id_hash: [u8; 32],
    absolute: Duration,
    address: String,
    user_agent: Option<String>,
}

impl NewSession {
    /// A session of `client`, and its id for the cookie.
    fn make(service: &Service, client: Client<'_>) -> Result<(SessionId, Self), Error> {
        let id = SessionId::from_random(service.inner.changes.random()?);
        let session = Self {
            id_hash: service.roots().current().hash_session_id(&id).to_bytes(),
            absolute: service.inner.settings.session_absolute,
            address: client.address_text(),
            user_agent: client.kept_user_agent(),
        };
        Ok((id, session))
    }

    /// Adds the session, and says so.
    async fn start(&self, draft: &Draft<'_>, user: UserId) -> Result<(), Error> {
        let session = Session {
            id_hash: self.id_hash,
            user_id: user,
            created_at: draft.now,
            last_seen_at: draft.now,
            ends_at: draft.now.after(self.absolute),
        };
        let mut entry = Entry::new(
            EventKind::SessionStarted,
            Actor::User(user),
            &session.row_id(),
        )
        .owner(user)
        .personal("Address", self.address.as_str());
        if let Some(user_agent) = &self.user_agent {
            entry = entry.personal("UserAgent", user_agent.as_str());
        }
        draft.insert_session(session).await?;
        draft.record(entry);
        Ok(())
    }
}

struct StartSession {
    user_id: UserId,
    password_hash: Option<String>,
    session: NewSession,
}

impl Change for StartSession {
    type Output = User;

    async fn apply(&self, draft: &Draft<'_>) -> Result<User, Error> {
        let user = draft
            .read()
            .users()
            .by_id(self.user_id)
            .await?
            .ok_or(Problem::InvalidCredentials)?;
        let user = draft.check(user)?;
        // Since the password was verified, it may have been changed.
        if user.password_hash != self.password_hash {
            return Err(Problem::InvalidCredentials.into());
        }
        if user.disabled {
            return Err(Problem::OwnerDisabled.into());
        }
        let mut others = draft.read().sessions().of_user(user.id).await?;
        others.sort_by_key(|other| other.row.created_at);
        let surplus = (others.len() + 1).saturating_sub(MOST_SESSIONS);
        for oldest in others.into_iter().take(surplus) {
            draft.delete_session(&oldest.row).await?;
        }
        self.session.start(draft, user.id).await?;
        Ok(user)
    }
}

struct EndSession {
    session: Session,
}

impl Change for EndSession {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<(), Error> {
        if draft
            .read()
            .sessions()
            .by_hash(&self.session.id_hash)
            .await?
            .is_none()
        {
            return Ok(());
        }
        draft.delete_session(&self.session).await?;
        let user = self.session.user_id;
        draft.record(
            Entry::new(
                EventKind::SessionEnded,
                Actor::User(user),
                &self.session.row_id(),
            )
            .owner(user),
        );
        Ok(())
    }
}
