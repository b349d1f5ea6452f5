//! A signing key, opened and ready to sign.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_auth::{AuthError, MasterKeys, SignatureProvider, SigningKeyPair};
use ats_pat_domain::key::StoredSigningKey;
use ats_pat_domain::{Tagged, Timestamp};
use ats_pat_token::{Jwk, SigningAlgorithm};

use crate::cache::decisions::LEASE;
use crate::ledger::rows::{Roots, altered};
use crate::service::error::Error;

/// The algorithm of new keys and tokens, which every library supports (RFC 8037, section 3.1).
pub(crate) const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;
/// How long others may cache the key set (`max-age`).
const KEY_SET_AGE: Duration = Duration::from_mins(5);
/// How much clocks may differ.
pub(crate) const SKEW: Duration = Duration::from_mins(1);
/// The longest lifetime of authentication tokens.
pub(crate) const LONGEST_LIFETIME: Duration = Duration::from_hours(1);

/// How long a key is published before it signs.
pub(crate) const PUBLISHED_BEFORE: Duration = KEY_SET_AGE.saturating_add(SKEW);
/// How long a retired key is published: until the last token that it signed has expired everywhere.
pub(crate) const PUBLISHED_AFTER: Duration = LONGEST_LIFETIME
    .saturating_add(SKEW)
    .saturating_add(KEY_SET_AGE)
    .saturating_add(LEASE);

/// A new sealed key. It signs at once unless its times are changed.
pub(crate) fn new_signing_key(
    master: &MasterKeys,
    created_at: Timestamp,
    seed: [u8; 32],
    nonce: [u8; 24],
) -> StoredSigningKey {
    let pair = SigningKeyPair::generate(seed, SignatureProvider::default());
    StoredSigningKey {
        kid: pair.kid().to_owned(),
        algorithm: ALGORITHM.as_str().to_owned(),
        public: pair.public(),
        sealed: Some(pair.seal(master, created_at.as_millis(), nonce)),
        created_at,
        active_from: created_at,
        retired_at: None,
    }
}

pub(super) struct RingKey {
    pub(super) stored: StoredSigningKey,
    pub(super) pair: Option<Arc<SigningKeyPair>>,
    /// Whether it is sealed with a master key that this process doesn't have.
    pub(super) is_sealed_elsewhere: bool,
    pub(super) jwk: Jwk,
}

impl RingKey {
    /// Opens a key. If it was sealed again with a master key that this process doesn't have, the
    /// key pair that was opened before is used, because it is the same.
    pub(super) fn open(
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

    pub(super) fn is_published(&self, now: Timestamp) -> bool {
        self.stored.sealed.is_some()
            && self
                .stored
                .retired_at
                .is_none_or(|retired| now < retired.after(PUBLISHED_AFTER))
    }
}
