//! Signing in: a new session.

use std::time::Duration;

use ats_pat_auth::SessionId;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::problem::Failure;
use ats_pat_domain::session::ProviderSession;
use ats_pat_domain::user::UserKind;
use ats_pat_domain::{Problem, Reason, Session, User, UserId, UserName};
use secrecy::{ExposeSecret, SecretString};

use crate::change::{Authority, Change, Draft, Taken};
use crate::ledger::Entry;
use crate::ledger::rows::Row;
use crate::operator::named;
use crate::service::Service;
use crate::service::client::Client;
use crate::service::error::{Error, causes};
use crate::service::settings::LocalPasswords;
use crate::service::turns::Rank;
use crate::sessions::passwords::{Claim, too_many};
use crate::view::SessionUser;

/// How many sessions a user may have. At the next sign-in the oldest one ends.
pub(crate) const MOST_SESSIONS: usize = 100;

/// What somebody gets who signed in.
pub struct SignInResult {
    /// The new session's id, for the cookie.
    pub session_id: SecretString,
    /// The user who signed in.
    pub user: SessionUser,
}

impl Service {
    /// Signs a user in, with a new session each time.
    ///
    /// # Errors
    /// - [`Problem::ValidationFailed`] for an empty or impossible user name, or an empty password.
    /// - [`Problem::TooManyRequests`] after too many failures.
    /// - [`Problem::InvalidCredentials`].
    /// - [`Problem::OwnerDisabled`] for a disabled user with the right password.
    /// - [`Problem::Forbidden`] if the settings allow passwords to nobody, or to administrators
    ///   only and the user with the right password is none.
    pub async fn sign_in<'a>(
        &self,
        user_name: &str,
        password: &SecretString,
        client: impl Into<Client<'a>>,
    ) -> Result<SignInResult, Error> {
        let signed_in = self.sign_in_from(user_name, password, client.into()).await;
        self.inner.noted.sign_ins.note(&signed_in);
        signed_in
    }

    async fn sign_in_from(
        &self,
        user_name: &str,
        password: &SecretString,
        client: Client<'_>,
    ) -> Result<SignInResult, Error> {
        let folded = checked_name(user_name, password)?.folded();
        let local = self.inner.settings.local_passwords;
        if local == LocalPasswords::Off {
            return Err(Problem::Forbidden.into());
        }
        self.require_room_for_sign_in()?;
        let (limits, passwords) = (&self.inner.limits, &self.inner.passwords);
        let turn = limits.sign_in(&folded, client.address, passwords).await?;
        let claim = turn.claim();
        // The turn comes before the read, so that many sign-ins don't take the connections.
        let place = if self.store().hangs() {
            // Others find out already whether it still does.
            passwords.turn_now(claim).ok_or(Problem::Unavailable)?
        } else {
            passwords.turn(claim).await?
        };
        let user = self.user_named(&folded).await?;
        let user = user.filter(|user| user.kind == UserKind::Person);
        let stored = user.as_ref().and_then(|user| user.password_hash.clone());
        let is_right = passwords.verify_in(place, stored, password).await?;
        let Some(user) = user.filter(|_| is_right) else {
            turn.failed();
            return Err(Problem::InvalidCredentials.into());
        };
        turn.forgive();
        if user.is_disabled() {
            return Err(Problem::OwnerDisabled.into());
        }
        if local == LocalPasswords::Administrators && !user.is_administrator {
            return Err(Problem::Forbidden.into());
        }
        let renewed_hash = self.renewed_hash(&user, password, claim).await;
        let (id, session) = NewSession::make(self, client)?;
        let start = StartSession {
            renewed_hash,
            session,
        };
        let user = self.change(Authority::Password(user), start).await?;
        Ok(SignInResult {
            session_id: id.to_text(),
            user: SessionUser::new(&user),
        })
    }
}

impl Service {
    /// Refuses a sign-in before any work if its session could not be stored in time.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`] if too many changes wait.
    fn require_room_for_sign_in(&self) -> Result<(), Problem> {
        if self.inner.changes.turns.has_room(Rank::Second) {
            return Ok(());
        }
        self.inner.passwords.shed();
        Err(too_many())
    }

    /// The user with a folded name. The tag doesn't cover the column that is searched, because it
    /// is derived from the name.
    pub(crate) async fn user_named(&self, folded: &str) -> Result<Option<User>, Error> {
        let read = || async { Ok(self.store().users().by_folded_name(folded).await?) };
        let user: Option<User> = self.currency().certain_row(read).await?;
        Ok(user.and_then(|user| named(user, folded).ok()))
    }

    /// A hash of the password at the current cost, if the stored one has another cost. If this
    /// fails, the sign-in goes on.
    async fn renewed_hash(
        &self,
        user: &User,
        password: &SecretString,
        claim: Claim,
    ) -> Option<String> {
        let stored = user.password_hash.as_deref()?;
        let salt = self.inner.changes.random().ok()?;
        let passwords = &self.inner.passwords;
        let renewed = passwords.renew(stored, password, salt, claim).await;
        renewed.unwrap_or_else(|error| {
            tracing::debug!(cause = %causes(&error), "a password's hash could not be renewed");
            None
        })
    }
}

fn checked_name(user_name: &str, password: &SecretString) -> Result<UserName, Problem> {
    let name = UserName::new(user_name);
    let mut failures = Vec::new();
    if let Err(reason) = name {
        failures.push(Failure::new("UserName", reason));
    }
    if password.expose_secret().is_empty() {
        failures.push(Failure::new("Password", Reason::Empty));
    }
    match name {
        Ok(name) if failures.is_empty() => Ok(name),
        _ => Err(Problem::ValidationFailed(failures)),
    }
}

/// A session to be started.
pub(crate) struct NewSession {
    id_hash: [u8; 32],
    absolute: Duration,
    address: String,
    user_agent: Option<String>,
    provider: Option<ProviderSession>,
}

impl NewSession {
    /// A session for `client`, and its id for the cookie.
    pub(crate) fn make(service: &Service, client: Client<'_>) -> Result<(SessionId, Self), Error> {
        let id = SessionId::from_random(service.inner.changes.random()?);
        let session = Self {
            id_hash: service.roots().current().hash_session_id(&id).to_bytes(),
            absolute: service.inner.settings.session_absolute,
            address: client.address_text(),
            user_agent: client.kept_user_agent(),
            provider: None,
        };
        Ok((id, session))
    }

    /// The same session, begun by a sign-in at a provider.
    pub(crate) fn by_provider(self, provider: ProviderSession) -> Self {
        Self {
            provider: Some(provider),
            ..self
        }
    }

    /// Adds the session and its event.
    pub(crate) async fn start(&self, draft: &Draft<'_>, user: UserId) -> Result<(), Error> {
        draft.record(self.add(draft, user).await?);
        Ok(())
    }

    /// Adds the session. Returns the entry for its event.
    pub(crate) async fn add(&self, draft: &Draft<'_>, user: UserId) -> Result<Entry, Error> {
        let session = Session {
            id_hash: self.id_hash,
            user_id: user,
            created_at: draft.now,
            last_seen_at: draft.now,
            seen_tag: None,
            ends_at: draft.now.after(self.absolute),
            provider: self.provider.clone(),
        };
        let mut entry = draft
            .entry(EventKind::SessionStarted, &session.row_id())
            .owner(user)
            .personal("Address", self.address.as_str());
        if let Some(provider) = &self.provider {
            entry = entry.detail("Provider", provider.provider.as_str());
            if provider.is_administrator {
                entry = entry.detail("IsAdmin", true);
            }
        }
        if let Some(user_agent) = &self.user_agent {
            entry = entry.personal("UserAgent", user_agent.as_str());
        }
        draft.insert_session(session).await?;
        Ok(entry)
    }
}

struct StartSession {
    /// A hash of the password at the current cost, which replaces the verified one.
    renewed_hash: Option<String>,
    session: NewSession,
}

impl Change for StartSession {
    type Output = User;

    fn rank(&self) -> Rank {
        Rank::Second
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(User, Taken), Error> {
        let mut user = draft.user()?.clone();
        if self.renewed_hash.is_some() {
            user.password_hash.clone_from(&self.renewed_hash);
            draft.update_user(user.clone()).await?;
            // The other sessions began with the earlier row of the user, and must go on.
            for other in draft.read().sessions().of_user(user.id).await? {
                draft.keep_session(other).await?;
            }
        }
        let mut others = draft.read().sessions().of_user(user.id).await?;
        others.sort_by_key(|other| other.row.created_at);
        let surplus = (others.len() + 1).saturating_sub(MOST_SESSIONS);
        for oldest in others.into_iter().take(surplus) {
            draft.delete_session(&oldest).await?;
        }
        self.session.start(draft, user.id).await?;
        Ok((user, Taken::Sessions))
    }
}
