//! Form keys: a form that is posted again makes nothing twice.

use std::time::Duration;

use ats_pat_auth::RootKeys;
use ats_pat_domain::problem::Place;
use ats_pat_domain::{FormKey, Problem, Timestamp, TokenId, UserId};

use crate::cache::ring::SKEW;
use crate::change::Draft;
use crate::service::Service;
use crate::service::error::Error;

impl Service {
    /// A key for one showing of the form that makes a token; see [`NewToken::form_key`](super::NewToken).
    pub fn new_form_key(&self) -> Result<String, Error> {
        Ok(FormKey::new(self.now(), self.inner.changes.random()?).to_string())
    }
}

/// A form that was posted: what the id of its one token is made of.
pub(super) struct PostedForm {
    key: FormKey,
    made_at: Timestamp,
}

impl PostedForm {
    /// 1000 for what [`Service::new_form_key`] can't have given out, here or on a replica whose clock is
    /// ahead, to a session that may still hold: `session` is the time after which each one ends. Whoever
    /// posts a form would choose the time in its token's id.
    pub(super) fn parse(text: &str, now: Timestamp, session: Duration) -> Result<Self, Problem> {
        let given_out = now.before(session)..=now.after(SKEW);
        let parsed = || {
            let key: FormKey = text.parse().ok()?;
            let made_at = key.made_at().filter(|at| given_out.contains(at))?;
            Some(Self { key, made_at })
        };
        parsed().ok_or_else(|| Problem::InvalidRequest {
            place: Place::Body,
            path: Some("form_key".to_owned()),
        })
    }

    /// The id for `owner`'s token, if the form made none yet; one that was revoked since counts too.
    pub(super) async fn unused_id(
        &self,
        draft: &Draft<'_>,
        owner: UserId,
    ) -> Result<TokenId, Error> {
        // The form may have been posted before there was a new root.
        for keys in draft.roots().newest_first() {
            let id = self.token_id(keys, owner);
            if let Some(made) = draft.read().tokens().by_id(id).await? {
                let made = draft.check(made.token).await?;
                let name = made.name.as_str().to_owned();
                return Err(Error::AlreadyCreated { id, name });
            }
        }
        Ok(self.token_id(draft.roots().current(), owner))
    }

    /// From the time of the form and a keyed hash, so that nobody can choose the id of another's token.
    fn token_id(&self, keys: &RootKeys, owner: UserId) -> TokenId {
        let hash = keys
            .hash_form_key(owner.as_uuid().as_bytes(), self.key.as_uuid().as_bytes())
            .to_bytes();
        TokenId::new(self.made_at, std::array::from_fn(|index| hash[index]))
    }
}
