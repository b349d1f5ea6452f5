//! The signing keys of one version.

use std::sync::Arc;

use ats_pat_auth::{MasterKeys, SignatureProvider, SigningKeyPair};
use ats_pat_domain::event::Head;
use ats_pat_domain::key::{KeyState, StoredSigningKey};
use ats_pat_domain::port::{Store, StoredRing};
use ats_pat_domain::{Tagged, Timestamp};
use ats_pat_token::{Jwk, JwkSet};

use super::key::RingKey;
use crate::ledger::currency::{ATTEMPTS, Currency, Doubt};
use crate::ledger::rows::Roots;
use crate::service::error::{Error, causes};

/// The version of keys that may have been put back.
const NOT_JUDGED: i64 = -1;

/// The keys of one version.
pub(crate) struct RingState {
    pub(crate) version: i64,
    keys: Vec<RingKey>,
    /// The last event when they were read.
    pub(crate) head: Head,
}

impl RingState {
    /// Reads the keys. `before` is the state before. A key that was planted, altered or put back is
    /// left out, so that it can't prevent the use of the genuine ones.
    pub(super) async fn read(
        currency: &Arc<Currency>,
        roots: &Roots,
        master: &MasterKeys,
        provider: SignatureProvider,
        before: &Self,
    ) -> Result<Self, Error> {
        let mut doubts = Vec::new();
        for _ in 0..ATTEMPTS {
            let mut stored = currency.store().vital().keys().ring().await?;
            currency.follow_to(stored.head).await?;
            let known = std::mem::take(&mut doubts);
            let mut all = Vec::new();
            for key in stored.keys {
                match currency.check(key.clone()) {
                    Ok(_) | Err(Doubt::Altered { .. }) => all.push(key),
                    Err(doubt) => doubts.push(doubt),
                }
            }
            stored.keys = all;
            let is_settled =
                |doubt: &Doubt| known.iter().any(|known| doubt.stands_after(Some(known)));
            if doubts.iter().all(is_settled) {
                doubts.iter().for_each(Doubt::tell);
                return Ok(Self::open(stored, roots, master, provider, before));
            }
        }
        Err(Error::LogNotRead)
    }

    /// Opens the keys that can be opened.
    fn open(
        stored: StoredRing,
        roots: &Roots,
        master: &MasterKeys,
        provider: SignatureProvider,
        before: &Self,
    ) -> Self {
        let mut keys = Vec::with_capacity(stored.keys.len());
        for key in stored.keys {
            let known = before
                .keys
                .iter()
                .find(|known| known.stored.kid == key.row.kid);
            match RingKey::open(key, roots, master, provider, known) {
                Ok(key) => keys.push(key),
                Err(error) => {
                    tracing::error!(cause = %causes(&error), "a signing key is left out of the ring");
                }
            }
        }
        Self {
            version: stored.version,
            keys,
            head: stored.head,
        }
    }

    /// Reads the keys without those that were planted or altered. For operators, who must look into
    /// it.
    pub(crate) async fn read_what_is_genuine(
        store: &dyn Store,
        roots: &Roots,
        master: &MasterKeys,
        provider: SignatureProvider,
    ) -> Result<Self, Error> {
        let nothing = Self {
            version: NOT_JUDGED,
            keys: Vec::new(),
            head: Head::EMPTY,
        };
        let stored = store.keys().ring().await?;
        let ring = Self::open(stored, roots, master, provider, &nothing);
        Ok(Self {
            version: NOT_JUDGED,
            ..ring
        })
    }

    /// Whether each key was found to be current, which is only possible after the log was read.
    pub(crate) fn is_judged(&self) -> bool {
        self.version != NOT_JUDGED
    }

    /// Reads the keys at the start, and fails if one was planted or altered. Whether one was put
    /// back is judged after the log was read. A key that was put back before an upgrade has a tag
    /// of the earlier release, and is left out.
    pub(crate) async fn read_strictly(
        store: &dyn Store,
        roots: &Roots,
        master: &MasterKeys,
        provider: SignatureProvider,
    ) -> Result<Self, Error> {
        let stored = store.keys().ring().await?;
        let is_former = |key: &Tagged<StoredSigningKey>| {
            roots
                .former_tag(key)
                .is_some_and(|tag| tag == key.tag.bytes)
        };
        let keys = stored
            .keys
            .into_iter()
            .filter(|key| !is_former(key))
            .map(|key| RingKey::open(key, roots, master, provider, None))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            version: NOT_JUDGED,
            keys,
            head: stored.head,
        })
    }

    /// The key that signs at `now`: the active key that became active last. If none is active, the
    /// clock went back, or was wrong when the keys were made. Then the newest key signs early.
    /// Verifiers find it in the key set, and waiting for its time could take years.
    pub(crate) fn signer(&self, now: Timestamp) -> Result<&SigningKeyPair, Error> {
        let newest = |state| {
            self.keys
                .iter()
                .filter(move |key| key.stored.state(now) == state)
                .max_by_key(|key| (key.stored.active_from, key.stored.created_at))
        };
        newest(KeyState::Active)
            .or_else(|| newest(KeyState::Next))
            .and_then(|key| key.pair.as_deref())
            .ok_or(Error::NoSigningKey)
    }

    /// Whether the times of a key make it active at `now`.
    pub(crate) fn has_active(&self, now: Timestamp) -> bool {
        self.keys
            .iter()
            .any(|key| key.stored.state(now) == KeyState::Active)
    }

    /// Whether a key is sealed with a master key that this process doesn't have. Each sealed key
    /// names its master key. Such a key still signs, because it was opened before.
    pub(crate) fn is_sealed_elsewhere(&self) -> bool {
        self.keys.iter().any(|key| key.is_sealed_elsewhere)
    }

    /// The published key with this id.
    pub(crate) fn published(&self, kid: &str, now: Timestamp) -> Option<&Jwk> {
        self.keys
            .iter()
            .find(|key| key.is_published(now) && key.jwk.kid() == kid)
            .map(|key| &key.jwk)
    }

    /// All keys that are published now.
    pub(crate) fn key_set(&self, now: Timestamp) -> JwkSet {
        JwkSet::new(
            self.keys
                .iter()
                .filter(|key| key.is_published(now))
                .map(|key| key.jwk.clone())
                .collect(),
        )
    }

    /// The keys whose private key must be erased now.
    pub(crate) fn due_for_destruction(&self, now: Timestamp) -> Vec<String> {
        self.keys
            .iter()
            .filter(|key| key.stored.sealed.is_some() && !key.is_published(now))
            .map(|key| key.stored.kid.clone())
            .collect()
    }
}
