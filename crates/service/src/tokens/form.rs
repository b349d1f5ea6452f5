//! Keys that make a token, or an operator key, once: a form that is posted again, or a request that
//! is sent again, makes nothing twice.

use std::time::Duration;

use ats_pat_auth::{Canonical, RootKeys};
use ats_pat_domain::event::EventKind;
use ats_pat_domain::list::EventFilter;
use ats_pat_domain::port::ListedToken;
use ats_pat_domain::problem::Place;
use ats_pat_domain::{IdempotencyKey, Problem, Timestamp, Token, TokenId, UserId};
use serde::Deserialize;

use crate::cache::ring::SKEW;
use crate::change::Draft;
use crate::ledger::rows::hex;
use crate::service::Service;
use crate::service::error::Error;

/// The header of a request that makes a token once.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// How long a program may send such a request again.
const IDEMPOTENT_FOR: Duration = Duration::from_hours(24);

/// The detail of the event of a new token that stands for the request which made it.
pub(super) const REQUEST: &str = "Request";

impl Service {
    /// A key for one showing of a form that makes a token or an operator key; see
    /// [`NewToken::form_key`](super::NewToken).
    pub fn new_form_key(&self) -> Result<String, Error> {
        Ok(IdempotencyKey::new(self.now(), self.inner.changes.random()?).to_string())
    }
}

/// A key that was sent with a form or a request: what the id of the one thing that it makes is made
/// of.
pub(crate) struct OneTimeKey {
    key: IdempotencyKey,
    made_at: Timestamp,
}

/// A token that was made by the same key before.
pub(super) struct MadeBefore<'a> {
    pub(super) listed: ListedToken,
    pub(super) token: Token,
    keys: &'a RootKeys,
}

impl OneTimeKey {
    /// [`Code::InvalidRequest`](ats_pat_domain::Code::InvalidRequest) for what
    /// [`Service::new_form_key`] can't have given out, here or on a replica whose clock is ahead,
    /// to a session that may still hold: `session` is the time after which each one ends. Whoever
    /// posts a form would choose the time in its token's id.
    pub(crate) fn of_form(text: &str, now: Timestamp, session: Duration) -> Result<Self, Problem> {
        Self::parse(text, now, session).ok_or_else(|| Problem::InvalidRequest {
            place: Place::Body,
            path: Some("form_key".to_owned()),
        })
    }

    /// [`Code::InvalidRequest`](ats_pat_domain::Code::InvalidRequest) for what is no UUID of
    /// version 7 from the last 24 hours. The caller's clock may be a little ahead.
    pub(super) fn of_request(text: &str, now: Timestamp) -> Result<Self, Problem> {
        Self::parse(text, now, IDEMPOTENT_FOR).ok_or_else(|| Problem::InvalidRequest {
            place: Place::Header,
            path: Some(IDEMPOTENCY_KEY.to_owned()),
        })
    }

    fn parse(text: &str, now: Timestamp, lasts: Duration) -> Option<Self> {
        let given_out = now.before(lasts)..=now.after(SKEW);
        let key: IdempotencyKey = text.parse().ok()?;
        let made_at = key.made_at().filter(|at| given_out.contains(at))?;
        Some(Self { key, made_at })
    }

    /// The token of `owner` that this key made already; one that was revoked since counts too.
    pub(super) async fn made_before<'a>(
        &self,
        draft: &Draft<'a>,
        owner: UserId,
    ) -> Result<Option<MadeBefore<'a>>, Error> {
        // The key may have been sent before there was a new root.
        for keys in draft.roots().newest_first() {
            let id = self.token_id(keys, owner);
            if let Some(listed) = draft.read().tokens().by_id(id).await? {
                let token = draft.check(listed.token.clone()).await?;
                return Ok(Some(MadeBefore {
                    listed,
                    token,
                    keys,
                }));
            }
        }
        Ok(None)
    }

    /// The id of the one token that this key makes for `owner`.
    pub(super) fn new_id(&self, draft: &Draft<'_>, owner: UserId) -> TokenId {
        self.token_id(draft.roots().current(), owner)
    }

    /// From the time of the key and a keyed hash, so that nobody can choose the id of another's
    /// token.
    fn token_id(&self, keys: &RootKeys, owner: UserId) -> TokenId {
        let hash = keys
            .hash_form_key(owner.as_uuid().as_bytes(), self.key.as_uuid().as_bytes())
            .to_bytes();
        TokenId::new(self.made_at, std::array::from_fn(|index| hash[index]))
    }

    /// What the id of the one thing of another kind is made of, which this key makes.
    pub(crate) fn parts_of_id(&self, keys: &RootKeys, what: &Canonical) -> (Timestamp, [u8; 10]) {
        let hash = keys.hash_request(self.key.as_uuid().as_bytes(), what);
        let hash = hash.to_bytes();
        (self.made_at, std::array::from_fn(|index| hash[index]))
    }

    /// What the event of the new token keeps of the request.
    pub(super) fn told_request(&self, draft: &Draft<'_>, request: &Canonical) -> String {
        self.told_by(draft.roots().current(), request)
    }

    /// Whether the token was made by this very request. A token that a form made was made by none.
    pub(super) async fn is_made_by(
        &self,
        made: &MadeBefore<'_>,
        draft: &Draft<'_>,
        request: &Canonical,
    ) -> Result<bool, Error> {
        let filter = EventFilter {
            owner: Some(made.token.owner_id),
            kind: Some(EventKind::TokenCreated.as_str().to_owned()),
            subjects: Some(vec![made.token.id.to_string()]),
            limit: 1,
            ..EventFilter::default()
        };
        let events = draft.read().events().newest(&filter).await?;
        let told: Told = events
            .first()
            .and_then(|event| serde_json::from_slice(&event.details).ok())
            .unwrap_or_default();
        Ok(told.request == Some(self.told_by(made.keys, request)))
    }

    fn told_by(&self, keys: &RootKeys, request: &Canonical) -> String {
        hex(keys
            .hash_request(self.key.as_uuid().as_bytes(), request)
            .as_bytes())
    }
}

/// The part of an event's details that stands for the request.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    #[serde(default)]
    request: Option<String>,
}
