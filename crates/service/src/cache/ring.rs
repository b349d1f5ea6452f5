//! The ring of signing keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use ats_pat_auth::{AuthError, MasterKeys, SignatureProvider, SigningKeyPair};
use ats_pat_domain::event::Head;
use ats_pat_domain::key::{KeyState, StoredSigningKey};
use ats_pat_domain::port::{Store, StoredRing};
use ats_pat_domain::{Tagged, Timestamp};
use ats_pat_token::{Jwk, JwkSet, SigningAlgorithm};

use crate::cache::feed::LEASE;
use crate::change::Changes;
use crate::ledger::currency::{ATTEMPTS, Currency, Doubt};
use crate::ledger::rows::{Roots, altered};
use crate::service::error::{Error, causes};

/// The algorithm that new tokens and keys name: what every library knows (RFC 8037, section 3.1).
pub(crate) const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;
/// How long others may keep the key set (`max-age`).
pub(crate) const KEY_SET_AGE: Duration = Duration::from_mins(5);
/// How far clocks may differ.
pub(crate) const SKEW: Duration = Duration::from_mins(1);
/// The longest lifetime of authentication tokens.
pub(crate) const LONGEST_LIFETIME: Duration = Duration::from_hours(1);

/// How long a key is published before it signs.
pub(crate) const PUBLISHED_BEFORE: Duration = KEY_SET_AGE.saturating_add(SKEW);
/// How long a retired key stays published: until the last token that it signed is over everywhere.
pub(crate) const PUBLISHED_AFTER: Duration = LONGEST_LIFETIME
    .saturating_add(SKEW)
    .saturating_add(KEY_SET_AGE)
    .saturating_add(LEASE);

/// The version of a ring whose keys may have been put back.
const NOT_JUDGED: i64 = -1;

/// A new key, sealed; it signs at once unless its times are set otherwise.
pub(crate) fn new_signing_key(
    changes: &Changes,
    master: &MasterKeys,
) -> Result<StoredSigningKey, Error> {
    let pair = SigningKeyPair::generate(changes.random()?, SignatureProvider::default());
    let created_at = changes.clock.now();
    Ok(StoredSigningKey {
        kid: pair.kid().to_owned(),
        algorithm: ALGORITHM.as_str().to_owned(),
        public: pair.public(),
        sealed: Some(pair.seal(master, created_at.as_millis(), changes.random()?)),
        created_at,
        active_from: created_at,
        retired_at: None,
    })
}

/// The ring as last read, and the way to read it anew.
pub(crate) struct Ring {
    state: ArcSwap<RingState>,
    /// As the feed has it: what is signed from memory is signed by it. A read may be ahead of the feed, and see a
    /// rotation that a fail-over loses before the feed applied it.
    followed: ArcSwap<RingState>,
    signature_provider: SignatureProvider,
    reading: tokio::sync::Mutex<()>,
    /// When the last read began that found these keys, by the clock of leases, in milliseconds.
    confirmed_at: AtomicU64,
}

/// The keys of one version of the ring.
pub(crate) struct RingState {
    pub(crate) version: i64,
    keys: Vec<RingKey>,
    /// The last event when it was read.
    pub(crate) head: Head,
}

struct RingKey {
    stored: StoredSigningKey,
    pair: Option<Arc<SigningKeyPair>>,
    /// Whether it is sealed under a master key that this process does not hold.
    is_sealed_elsewhere: bool,
    jwk: Jwk,
}

impl Ring {
    /// The ring in a state that was read with the same provider; the read began at `confirmed_at`.
    pub(crate) fn new(
        state: RingState,
        signature_provider: SignatureProvider,
        confirmed_at: Duration,
    ) -> Self {
        let state = Arc::new(state);
        Self {
            state: ArcSwap::new(Arc::clone(&state)),
            followed: ArcSwap::new(state),
            signature_provider,
            reading: tokio::sync::Mutex::new(()),
            confirmed_at: AtomicU64::new(millis(confirmed_at)),
        }
    }

    /// Notes that a read found the keys in memory to be the current ones; it began at `at`.
    pub(crate) fn confirm(&self, at: Duration) {
        self.confirmed_at.fetch_max(millis(at), Ordering::AcqRel);
    }

    /// When the last read began that found the keys in memory to be the current ones, by the clock of leases.
    pub(crate) fn confirmed_at(&self) -> Duration {
        Duration::from_millis(self.confirmed_at.load(Ordering::Acquire))
    }

    /// The ring as last read if `is_it` says so, or as read just now: a server that missed a rotation, or stands before
    /// a restored database, must not sign on.
    pub(crate) async fn last_or_read(
        &self,
        is_it: impl Fn(&RingState) -> bool,
        currency: &Arc<Currency>,
        roots: &Roots,
        master: &MasterKeys,
    ) -> Result<Arc<RingState>, Error> {
        let last = self.last();
        if is_it(&last) {
            return Ok(last);
        }
        let _one_at_a_time = self.reading.lock().await;
        let last = self.last();
        if is_it(&last) {
            return Ok(last);
        }
        self.read(currency, roots, master).await
    }

    /// Reads the ring, whatever version is in memory: in another log the same number may stand for other keys.
    pub(crate) async fn read_anew(
        &self,
        currency: &Arc<Currency>,
        roots: &Roots,
        master: &MasterKeys,
    ) -> Result<Arc<RingState>, Error> {
        let _one_at_a_time = self.reading.lock().await;
        self.read(currency, roots, master).await
    }

    async fn read(
        &self,
        currency: &Arc<Currency>,
        roots: &Roots,
        master: &MasterKeys,
    ) -> Result<Arc<RingState>, Error> {
        let (provider, before) = (self.signature_provider, self.state.load_full());
        let state = Arc::new(RingState::read(currency, roots, master, provider, &before).await?);
        if state.is_sealed_elsewhere() && !before.is_sealed_elsewhere() {
            tracing::error!(
                "another server sealed the signing keys under a master key that this server does not hold: this server \
                 works on, but can't start again nor open the next signing key; give it the same master key file, and \
                 start it again"
            );
        }
        self.state.store(Arc::clone(&state));
        Ok(state)
    }

    /// The ring as last read.
    pub(crate) fn last(&self) -> Arc<RingState> {
        self.state.load_full()
    }

    /// The feed has it so: its log holds what the read saw.
    pub(crate) fn follow(&self, state: Arc<RingState>) {
        self.followed.store(state);
    }

    /// The ring as the feed has it: under the lease that is the one in use, since a rotation is an event.
    pub(crate) fn followed(&self) -> Arc<RingState> {
        self.followed.load_full()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl RingState {
    /// Reads the ring after `before`; a key that was planted, altered or put back is left out, so that it can't stop
    /// the genuine ones.
    async fn read(
        currency: &Arc<Currency>,
        roots: &Roots,
        master: &MasterKeys,
        provider: SignatureProvider,
        before: &Self,
    ) -> Result<Self, Error> {
        let mut doubts = Vec::new();
        for _ in 0..ATTEMPTS {
            let mut stored = currency.store().keys().ring().await?;
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

    /// What can be opened.
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

    /// Reads the ring without a key that was planted or altered: for operators, who have to look at what is wrong.
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

    /// Whether each key was found to be the one that the log says stands there: not before the log was read.
    pub(crate) fn is_judged(&self) -> bool {
        self.version != NOT_JUDGED
    }

    /// Reads the ring at start: a key that was planted or altered stops it. Whether one was put back is judged once the
    /// log was read; one that was put back before an upgrade has a tag of the earlier release, and is left out.
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

    /// The key that signs at `now`: of the active ones the last that became so. Where none is active the clock went
    /// back, or was ahead when the keys were made; then the newest of those to come signs. Verifiers find it in the
    /// key set, and waiting for its time could take years.
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

    /// Whether a key is active at `now`, by its times.
    pub(crate) fn has_active(&self, now: Timestamp) -> bool {
        self.keys
            .iter()
            .any(|key| key.stored.state(now) == KeyState::Active)
    }

    /// Whether a key is sealed under a master key that this process does not hold: each sealed key names the one that it
    /// is sealed under. Such a key signs on, because it was opened before.
    pub(crate) fn is_sealed_elsewhere(&self) -> bool {
        self.keys.iter().any(|key| key.is_sealed_elsewhere)
    }

    /// The published key of this id.
    pub(crate) fn published(&self, kid: &str, now: Timestamp) -> Option<&Jwk> {
        self.keys
            .iter()
            .find(|key| key.is_published(now) && key.jwk.kid() == kid)
            .map(|key| &key.jwk)
    }

    /// Every published key.
    pub(crate) fn key_set(&self, now: Timestamp) -> JwkSet {
        JwkSet::new(
            self.keys
                .iter()
                .filter(|key| key.is_published(now))
                .map(|key| key.jwk.clone())
                .collect(),
        )
    }

    /// The keys whose private part is due to be erased.
    pub(crate) fn due_for_destruction(&self, now: Timestamp) -> Vec<String> {
        self.keys
            .iter()
            .filter(|key| key.stored.sealed.is_some() && !key.is_published(now))
            .map(|key| key.stored.kid.clone())
            .collect()
    }
}

impl RingKey {
    /// Opens a key. Where it was sealed anew under a master key that this process does not hold, the pair
    /// that was opened before stays in use: the key is the same.
    fn open(
        tagged: Tagged<StoredSigningKey>,
        roots: &Roots,
        master: &MasterKeys,
        provider: SignatureProvider,
        known: Option<&Self>,
    ) -> Result<Self, Error> {
        if !roots.is_genuine(&tagged) {
            return Err(altered(&tagged.row, "was planted or altered"));
        }
        let stored = tagged.row;
        let unfit = || Error::Tampered {
            table: "signing_keys",
            id: stored.kid.clone(),
        };
        let jwk = Jwk::from_bytes(&stored.public, ALGORITHM).map_err(|_| unfit())?;
        let mut is_sealed_elsewhere = false;
        let pair = match &stored.sealed {
            None => None,
            Some(sealed) => {
                let created_at = stored.created_at.as_millis();
                let opened =
                    SigningKeyPair::open(master, &stored.kid, created_at, sealed, provider);
                match (opened, known.and_then(|known| known.pair.clone())) {
                    (Err(AuthError::WrongMasterKey), Some(pair)) => {
                        is_sealed_elsewhere = true;
                        Some(pair)
                    }
                    (opened, _) => Some(Arc::new(opened?)),
                }
            }
        };
        if jwk.kid() != stored.kid
            || pair
                .as_ref()
                .is_some_and(|pair| pair.public() != stored.public)
        {
            return Err(unfit());
        }
        Ok(Self {
            stored,
            pair,
            is_sealed_elsewhere,
            jwk,
        })
    }

    fn is_published(&self, now: Timestamp) -> bool {
        self.stored.sealed.is_some()
            && self
                .stored
                .retired_at
                .is_none_or(|retired| now < retired.after(PUBLISHED_AFTER))
    }
}
