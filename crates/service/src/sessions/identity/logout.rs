//! A provider ends sign-ins that began there (OpenID Connect Back-Channel Logout 1.0).

use ats_pat_auth::Canonical;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::port::{IdentityError, LoggedOut, Logout};
use ats_pat_domain::{Identity, ProviderName, Session, Tagged, UserId};

use super::finish::session_name;
use crate::change::{Authority, Change, Draft, Taken};
use crate::ledger::rows::hex;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::sessions::SignedIn;

/// Why a logout token ended nothing.
#[derive(Debug, thiserror::Error)]
pub enum LogoutRefused {
    /// The settings have no provider of this name.
    #[error("the settings have no identity provider of this name")]
    UnknownProvider,
    /// The token is forged, too old, or none.
    #[error(transparent)]
    Provider(#[from] IdentityError),
    /// A token with this `jti` was taken before.
    #[error("a logout token with this jti was taken before")]
    Replayed,
    /// The use case failed.
    #[error(transparent)]
    Failed(#[from] Error),
}

impl Service {
    /// Ends the sessions that a logout token of the provider names: those of one sign-in there, or
    /// all that the user began there. Tokens stay, because they are no sign-ins.
    ///
    /// # Errors
    /// [`LogoutRefused`].
    pub async fn end_by_provider(
        &self,
        provider: &str,
        logout_token: &str,
    ) -> Result<(), LogoutRefused> {
        let (rules, port) = self
            .provider(provider)
            .ok_or(LogoutRefused::UnknownProvider)?;
        let logout = port.logged_out(logout_token).await?;
        let end = EndByProvider::new(self, &rules.name, logout);
        if self.change(Authority::Provider, end).await? {
            Ok(())
        } else {
            Err(LogoutRefused::Replayed)
        }
    }

    /// The address at which the browser also signs out of the provider that this session began by.
    /// `None` if it has none, or can't be asked now.
    pub async fn provider_sign_out_url(&self, by: &SignedIn) -> Option<String> {
        let (_, port) = self.provider(by.provider()?)?;
        let email = by.user.email.as_ref();
        let hint = email.map_or(by.user.name.as_str(), |email| email.as_str());
        match port.end_session_url(Some(hint)).await {
            Ok(url) => url,
            Err(error) => {
                let cause = crate::service::error::causes(&error);
                tracing::warn!(%cause, "the identity provider could not be asked where to sign out");
                None
            }
        }
    }
}

struct EndByProvider {
    provider: ProviderName,
    /// The hash of `jti`, by each root key. The event log is searched for all of them.
    token_ids: Vec<String>,
    whose: Whose,
}

enum Whose {
    /// The sessions of one sign-in, by each root key.
    Session {
        hashes: Vec<[u8; 32]>,
        /// Whose it must be.
        subject: Option<Identity>,
    },
    /// All sessions that this identity's user began at the provider.
    Subject(Identity),
}

impl EndByProvider {
    fn new(service: &Service, provider: &ProviderName, logout: Logout) -> Self {
        let hashes = |name: &Canonical| -> Vec<[u8; 32]> {
            let keys = service.roots().newest_first();
            keys.map(|keys| keys.hash_provider_session(name).to_bytes())
                .collect()
        };
        let token_id = Canonical::new("logout_token")
            .text(provider.as_str())
            .text(&logout.token_id);
        let whose = match logout.whose {
            LoggedOut::Session { session, subject } => Whose::Session {
                hashes: hashes(&session_name(provider, &session)),
                subject,
            },
            LoggedOut::Subject(identity) => Whose::Subject(identity),
        };
        Self {
            provider: provider.clone(),
            token_ids: hashes(&token_id).iter().map(|hash| hex(hash)).collect(),
            whose,
        }
    }

    /// The sessions that end. A row that was planted or altered may end too.
    async fn sessions(&self, draft: &Draft<'_>) -> Result<Vec<Tagged<Session>>, Error> {
        let read = draft.read();
        let mut sessions = Vec::new();
        match &self.whose {
            Whose::Session { hashes, subject } => {
                for hash in hashes {
                    sessions.extend(read.sessions().of_provider_session(hash).await?);
                }
                if let Some(identity) = subject {
                    let user = user_of(draft, identity).await?;
                    sessions.retain(|session| Some(session.row.user_id) == user);
                }
            }
            Whose::Subject(identity) => {
                if let Some(user) = user_of(draft, identity).await? {
                    sessions = read.sessions().of_user(user).await?;
                }
            }
        }
        let began_there = |session: &Tagged<Session>| {
            let provider = session.row.provider.as_ref();
            provider.is_some_and(|provider| provider.provider == self.provider)
        };
        sessions.retain(began_there);
        Ok(sessions)
    }
}

async fn user_of(draft: &Draft<'_>, identity: &Identity) -> Result<Option<UserId>, Error> {
    let found = draft.read().identities().of(identity).await?;
    Ok(found.map(|found| found.row.user_id))
}

impl Change for EndByProvider {
    /// Whether this is the first token with its id.
    type Output = bool;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(bool, Taken), Error> {
        let taken_before = EventFilter {
            kind: Some(EventKind::SignedOutByProvider.as_str().to_owned()),
            subjects: Some(self.token_ids.clone()),
            limit: 1,
            ..EventFilter::default()
        };
        if !draft
            .read()
            .events()
            .newest(&taken_before)
            .await?
            .is_empty()
        {
            return Ok((false, Taken::Nothing));
        }
        let sessions = self.sessions(draft).await?;
        for session in &sessions {
            draft.delete_session(session).await?;
        }
        // An event in any case: the log remembers the token, on every server.
        let subject = self.token_ids.first().cloned().unwrap_or_default();
        let mut entry = draft
            .entry(EventKind::SignedOutByProvider, &subject)
            .detail("Provider", self.provider.as_str())
            .detail("SessionsEnded", sessions.len());
        if let Some(session) = sessions.first() {
            entry = entry.owner(session.row.user_id);
        }
        draft.record(entry);
        Ok((true, Taken::Sessions))
    }
}
