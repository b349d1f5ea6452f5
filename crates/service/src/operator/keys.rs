//! Signing keys: looking at them, and rotating them.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::key::{KeyState, StoredSigningKey};
use ats_pat_domain::list::{EventFilter, MAX_PAGE_SIZE};

use super::Operator;
use crate::cache::ring::{PUBLISHED_BEFORE, new_signing_key};
use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::service::Service;
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::view::SigningKeyView;

/// When a new signing key takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Once every cached key set holds it.
    Planned,
    /// Now: verifiers must read the key set anew. What the old key signed stays valid until it
    /// expires.
    AtOnce,
    /// Now, by a fresh key. All others are destroyed, one that waits to take over included: whoever
    /// read one may have read them all. What they signed, or somebody else signs with them, is
    /// refused as soon as cached key sets are over.
    Compromised,
}

impl Operator<'_> {
    /// Every signing key, by creation; without those that were planted or altered, which are in the
    /// log and in `audit verify`.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyView>, Error> {
        self.service.read_log_for_lists().await;
        let (currency, now) = (self.service.currency(), self.service.now());
        let ring = self.service.store().keys().ring().await?;
        let shown = ring.keys.iter().filter(|key| currency.shows(key));
        Ok(shown
            .map(|key| SigningKeyView::new(&key.row, now))
            .collect())
    }

    /// Makes a new signing key, or promotes the one that waits, as `rotation` says. Gives every
    /// key.
    ///
    /// # Errors
    /// [`Error::RotationPending`] where a key already waits to take over, and shall not do so at
    /// once.
    pub async fn rotate_keys(&self, rotation: Rotation) -> Result<Vec<SigningKeyView>, Error> {
        let inner = &self.service.inner;
        let new = new_signing_key(
            &inner.master,
            inner.changes.clock.now(),
            inner.changes.random()?,
            inner.changes.random()?,
        );
        self.change(Rotate {
            new,
            rotation,
            only_after: None,
        })
        .await
    }
}

impl Service {
    /// Makes a new signing key if the newest one is older than the settings allow. Servers that do
    /// this at once make one key, because the change looks once more.
    pub async fn rotate_by_age(&self) -> Result<(), Error> {
        let days = self.inner.settings.signing_key_rotate_days;
        if days == 0 {
            return Ok(());
        }
        let only_after = Some(DAY * days);
        let ring = self.store().keys().ring().await?;
        let newest = ring.keys.iter().filter(|key| self.currency().shows(key));
        let newest = newest.map(|key| key.row.created_at).max();
        if !is_due(newest, only_after, self.now()) {
            return Ok(());
        }
        let changes = &self.inner.changes;
        let new = new_signing_key(
            &self.inner.master,
            changes.clock.now(),
            changes.random()?,
            changes.random()?,
        );
        let rotate = Rotate {
            new,
            rotation: Rotation::Planned,
            only_after,
        };
        self.change(Authority::System, rotate).await.map(drop)
    }
}

const DAY: Duration = Duration::from_hours(24);

/// Whether the newest key was made so long ago. Without a limit it always is.
fn is_due(newest: Option<Timestamp>, only_after: Option<Duration>, now: Timestamp) -> bool {
    match (newest, only_after) {
        (Some(newest), Some(age)) => newest.after(age) <= now,
        _ => true,
    }
}

struct Rotate {
    new: StoredSigningKey,
    rotation: Rotation,
    /// Nothing is done unless the newest key is this old.
    only_after: Option<Duration>,
}

impl Change for Rotate {
    /// Every key, as the rotation left it.
    type Output = Vec<SigningKeyView>;

    fn rank(&self) -> Rank {
        if self.rotation == Rotation::Compromised {
            Rank::First
        } else {
            Rank::Third
        }
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<(Self::Output, Taken), Error> {
        let mut ring = Vec::new();
        for tagged in draft.read().keys().ring().await?.keys {
            match draft.judge(tagged).await {
                (key, Judgement::Genuine) => ring.push(key),
                (key, Judgement::Unknown) if self.rotation == Rotation::Compromised => {
                    ring.push(key);
                }
                // One that was planted or altered signs nothing, and stands in no other's way.
                _ => {}
            }
        }
        if self.rotation == Rotation::Compromised {
            forget_what_is_hidden(draft, &ring).await?;
        }
        let now = draft.now;
        let newest = ring.iter().map(|key| key.created_at).max();
        if !is_due(newest, self.only_after, now) {
            return Ok((rotated_ring(draft).await?, Taken::Nothing));
        }
        let pending = ring
            .iter()
            .find(|key| key.state(now) == KeyState::Next)
            .cloned();
        let takes_over_at = match self.rotation {
            Rotation::Planned => now.after(PUBLISHED_BEFORE),
            Rotation::AtOnce | Rotation::Compromised => now,
        };
        let (kind, kid) = match (pending, self.rotation) {
            (Some(pending), Rotation::Planned) => {
                return Err(Error::RotationPending {
                    kid: pending.kid,
                    active_from: pending.active_from.to_string(),
                });
            }
            (Some(mut pending), Rotation::AtOnce) => {
                pending.active_from = now;
                let kid = pending.kid.clone();
                draft.update_signing_key(pending).await?;
                (EventKind::SigningKeyPromoted, kid)
            }
            (None, _) | (_, Rotation::Compromised) => {
                let new = StoredSigningKey {
                    active_from: takes_over_at,
                    ..self.new.clone()
                };
                draft.insert_signing_key(new).await?;
                (EventKind::SigningKeyCreated, self.new.kid.clone())
            }
        };
        for key in ring.into_iter().filter(|key| key.kid != kid) {
            if self.rotation == Rotation::Compromised {
                destroy(draft, key, now).await?;
            } else {
                retire(draft, key, takes_over_at).await?;
            }
        }
        draft.record(
            draft
                .entry(kind, &kid)
                .detail("ActiveFrom", takes_over_at.to_string())
                .detail("Compromised", self.rotation == Rotation::Compromised),
        );
        Ok((rotated_ring(draft).await?, Taken::Now))
    }
}

/// Ends the keys that were made once, and whose rows are gone or are not what they were: whoever
/// hid one from its destruction can't put it back.
async fn forget_what_is_hidden(draft: &Draft<'_>, ring: &[StoredSigningKey]) -> Result<(), Error> {
    let mut before = None;
    loop {
        let filter = EventFilter {
            kind: Some(EventKind::SigningKeyCreated.as_str().to_owned()),
            before,
            limit: u64::from(MAX_PAGE_SIZE),
            ..EventFilter::default()
        };
        let made = draft.read().events().newest(&filter).await?;
        let Some(last) = made.last() else {
            return Ok(());
        };
        before = Some(last.seq);
        for event in &made {
            if !ring.iter().any(|key| key.kid == event.subject) {
                draft.forget_signing_key(&event.subject);
            }
        }
    }
}

async fn rotated_ring(draft: &Draft<'_>) -> Result<Vec<SigningKeyView>, Error> {
    let mut keys = Vec::new();
    for tagged in draft.read().keys().ring().await?.keys {
        if let Some(key) = draft.genuine(tagged).await? {
            keys.push(SigningKeyView::new(&key, draft.now));
        }
    }
    Ok(keys)
}

/// Ends the signing of a predecessor when its successor takes over.
async fn retire(draft: &Draft<'_>, mut key: StoredSigningKey, at: Timestamp) -> Result<(), Error> {
    if key.sealed.is_some() && key.retired_at.is_none_or(|retired| retired > at) {
        key.retired_at = Some(at);
        draft.update_signing_key(key).await?;
    }
    Ok(())
}

/// Erases a predecessor that others may know; it is no longer published.
async fn destroy(
    draft: &Draft<'_>,
    mut key: StoredSigningKey,
    now: Timestamp,
) -> Result<(), Error> {
    if key.sealed.take().is_some() {
        key.retired_at = Some(key.retired_at.map_or(now, |retired| retired.min(now)));
        draft.update_signing_key(key).await?;
    }
    Ok(())
}
