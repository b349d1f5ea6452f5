//! A user's own sessions: lists and ends them.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use ats_pat_domain::event::{Event, EventKind};
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::sign_in_rule::has_lapsed;
use ats_pat_domain::{Session, UserId};
use serde_json::Value;

use super::SignedIn;
use crate::change::{Authority, Change, Draft, Taken};
use crate::ledger::rows::Row;
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::view::SessionView;

impl Service {
    /// The user's valid sessions: the current one first, then the newest first.
    pub async fn sessions(&self, by: &SignedIn) -> Result<Vec<SessionView>, Error> {
        let (now, idle) = (self.now(), self.inner.settings.session_idle);
        let found = self.store().sessions().of_user(by.user_id()).await?;
        let mut sessions: Vec<Session> = found
            .into_iter()
            // A planted row must not look as if somebody had signed in.
            .filter(|tagged| self.currency().shows(tagged))
            .map(|tagged| self.seen_as_proven(tagged.row))
            .filter(|session| {
                session.is_valid(now, idle)
                    && !has_lapsed(session, &by.user, self.sign_in_rules(), now)
            })
            .collect();
        let is_current = |session: &Session| session.id_hash == by.session.id_hash;
        sessions.sort_by_key(|session| {
            (
                !is_current(session),
                Reverse(session.created_at),
                session.id_hash,
            )
        });
        let mut origins = self.origins(by.user_id(), &sessions).await?;
        let views = sessions.iter().map(|session| {
            let id = session.row_id();
            let Origin {
                address,
                user_agent,
            } = origins.remove(&id).unwrap_or_default();
            SessionView {
                id,
                is_current: is_current(session),
                created_at: session.created_at,
                last_seen_at: session.last_seen_at,
                ends_at: session.ends_at,
                address,
                user_agent,
                provider: session
                    .provider
                    .as_ref()
                    .map(|provider| provider.provider.to_string()),
            }
        });
        Ok(views.collect())
    }

    /// Ends one of the user's sessions. Returns whether it was still valid. Returns false for a
    /// missing session and for another user's.
    pub async fn end_session(&self, by: &SignedIn, id: &str) -> Result<bool, Error> {
        let end = EndOne {
            id: id.to_owned(),
            idle: self.inner.settings.session_idle,
        };
        self.change(Authority::Session(by.clone()), end).await
    }

    /// Ends all of the user's sessions except the current one. Returns how many of them were still
    /// valid.
    pub async fn end_other_sessions(&self, by: &SignedIn) -> Result<u64, Error> {
        let end = EndOthers {
            current: by.session.id_hash,
            idle: self.inner.settings.session_idle,
        };
        self.change(Authority::Session(by.clone()), end).await
    }

    /// Where each session's sign-in came from, according to its events.
    async fn origins(
        &self,
        user: UserId,
        sessions: &[Session],
    ) -> Result<HashMap<String, Origin>, Error> {
        let subjects: Vec<String> = sessions.iter().map(Row::row_id).collect();
        let filter = EventFilter {
            owner: Some(user),
            kind: Some(EventKind::SessionStarted.as_str().to_owned()),
            // A session starts only once, so there are no more such events.
            limit: u64::try_from(subjects.len()).unwrap_or(u64::MAX),
            subjects: Some(subjects),
            ..EventFilter::default()
        };
        let events = self.store().events().newest(&filter).await?;
        let origins = events.into_iter().map(|event| {
            let origin = Origin::of(&event);
            (event.subject, origin)
        });
        Ok(origins.collect())
    }
}

#[derive(Default)]
struct Origin {
    address: Option<String>,
    user_agent: Option<String>,
}

impl Origin {
    fn of(started: &Event) -> Self {
        let personal: Value = started
            .personal
            .as_ref()
            .and_then(|personal| serde_json::from_slice(&personal.data).ok())
            .unwrap_or_default();
        let text = |name| personal[name].as_str().map(ToOwned::to_owned);
        Self {
            address: text("Address"),
            user_agent: text("UserAgent"),
        }
    }
}

struct EndOne {
    id: String,
    idle: Duration,
}

impl Change for EndOne {
    type Output = bool;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(bool, Taken), Error> {
        let user = draft.user()?;
        let own = draft.read().sessions().of_user(user.id).await?;
        let Some(found) = own.iter().find(|own| own.row.row_id() == self.id) else {
            return Ok((false, Taken::Sessions));
        };
        draft.delete_session(found).await?;
        let entry = draft.entry(EventKind::SessionEnded, &self.id);
        draft.record(entry.owner(user.id));
        Ok((found.row.is_valid(draft.now, self.idle), Taken::Sessions))
    }
}

struct EndOthers {
    current: [u8; 32],
    idle: Duration,
}

impl Change for EndOthers {
    type Output = u64;

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(u64, Taken), Error> {
        let user = draft.user()?;
        let (mut ended, mut held) = (0_u64, 0);
        for other in draft.read().sessions().of_user(user.id).await? {
            if other.row.id_hash != self.current {
                draft.delete_session(&other).await?;
                ended += 1;
                held += u64::from(other.row.is_valid(draft.now, self.idle));
            }
        }
        if ended > 0 {
            draft.record(
                draft
                    .entry(EventKind::SessionEnded, &user.id)
                    .owner(user.id)
                    .detail("SessionsEnded", ended),
            );
        }
        Ok((held, Taken::Sessions))
    }
}
