//! Signing keys: looking at them, and rotating them.

use ats_pat_auth::SigningKeyPair;
use ats_pat_domain::Timestamp;
use ats_pat_domain::event::{Actor, EventKind};
use ats_pat_domain::key::{KeyState, StoredSigningKey};
use ats_pat_token::SigningAlgorithm;

use super::Operator;
use crate::change::{Change, Draft};
use crate::error::Error;
use crate::ledger::Entry;
use crate::outcome::Outcome;
use crate::ring::PUBLISHED_BEFORE;
use crate::view::SigningKeyView;

impl Operator<'_> {
    /// Every signing key, by creation.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyView>, Error> {
        let now = self.service.now();
        let (_, ring) = self.service.store().keys().ring().await?;
        ring.into_iter()
            .map(|key| {
                self.service
                    .roots()
                    .check(key)
                    .map(|key| SigningKeyView::new(&key, now))
            })
            .collect()
    }

    /// Makes a new signing key, which takes over once every cached key set holds it; with `at_once` a
    /// pending or new key takes over now (verifiers must read the key set anew). Gives every key.
    ///
    /// # Errors
    /// [`Error::RotationPending`] where a key already waits to take over.
    pub async fn rotate_keys(&self, at_once: bool) -> Result<Outcome<Vec<SigningKeyView>>, Error> {
        let inner = &self.service.inner;
        let pair = SigningKeyPair::generate(inner.changes.random()?);
        let created_at = self.service.now();
        let new = StoredSigningKey {
            kid: pair.kid().to_owned(),
            algorithm: SigningAlgorithm::EdDsa.as_str().to_owned(),
            public: pair.public(),
            sealed: Some(pair.seal(
                &inner.master,
                created_at.as_millis(),
                inner.changes.random()?,
            )),
            created_at,
            active_from: created_at,
            retired_at: None,
        };
        self.service.change(Rotate { new, at_once }).await?;
        Ok(Outcome::takes_away(self.signing_keys().await?))
    }
}

struct Rotate {
    new: StoredSigningKey,
    at_once: bool,
}

impl Change for Rotate {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<(), Error> {
        let mut ring = Vec::new();
        for tagged in draft.read().keys().ring().await?.1 {
            ring.push(draft.check(tagged)?);
        }
        let now = draft.now;
        let pending = ring
            .iter()
            .find(|key| key.state(now) == KeyState::Next)
            .cloned();
        let takes_over_at = if self.at_once {
            now
        } else {
            now.after(PUBLISHED_BEFORE)
        };
        let (kind, kid) = match (pending, self.at_once) {
            (Some(pending), false) => {
                return Err(Error::RotationPending {
                    kid: pending.kid,
                    active_from: pending.active_from.to_string(),
                });
            }
            (Some(mut pending), true) => {
                pending.active_from = now;
                let kid = pending.kid.clone();
                draft.update_signing_key(pending).await?;
                (EventKind::SigningKeyPromoted, kid)
            }
            (None, _) => {
                let new = StoredSigningKey {
                    active_from: takes_over_at,
                    ..self.new.clone()
                };
                draft.insert_signing_key(new).await?;
                (EventKind::SigningKeyCreated, self.new.kid.clone())
            }
        };
        for key in ring {
            retire(draft, key, &kid, takes_over_at).await?;
        }
        draft.record(
            Entry::new(kind, Actor::Operator, &kid).detail("ActiveFrom", takes_over_at.to_string()),
        );
        Ok(())
    }
}

/// Ends the signing of a predecessor when its successor takes over.
async fn retire(
    draft: &Draft<'_>,
    mut key: StoredSigningKey,
    successor: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let signs_beyond = key.sealed.is_some() && key.retired_at.is_none_or(|retired| retired > at);
    if key.kid != successor && signs_beyond {
        key.retired_at = Some(at);
        draft.update_signing_key(key).await?;
    }
    Ok(())
}
