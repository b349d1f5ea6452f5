//! The issuer's keys, as they were last read.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwapOption;
use ats_pat_token::{JwkSet, VerifyingKey};

use crate::{
    Clock, Error,
    attempts::{Attempts, Missed},
    clock::is_older_than,
    metadata::Metadata,
};

/// The last good keys, and the callers that wait for others.
pub(crate) struct Keys {
    ring: ArcSwapOption<Ring>,
    pub(crate) attempts: Attempts,
    limit: Duration,
}

/// Keys that were read at one time.
pub(crate) struct Ring {
    pub(crate) metadata: Metadata,
    pub(crate) set: JwkSet,
    /// When the issuer last knew that these are the current keys: the time when the request for
    /// them began, less the answer's age. `None` is before the clock began.
    pub(crate) confirmed_at: Option<Duration>,
}

/// A key's id. A text that doesn't have the form of a thumbprint is no id, and causes no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyId([u8; Self::LENGTH]);

impl KeyId {
    /// SHA-256 in base64url (RFC 7638, section 3).
    const LENGTH: usize = 43;

    pub(crate) fn parse(kid: &str) -> Option<Self> {
        let kid: [u8; Self::LENGTH] = kid.as_bytes().try_into().ok()?;
        kid.iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            .then_some(Self(kid))
    }
}

impl Keys {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            ring: ArcSwapOption::empty(),
            attempts: Attempts::new(),
            limit,
        }
    }

    pub(crate) fn replace(&self, ring: Ring) {
        self.ring.store(Some(Arc::new(ring)));
    }

    /// Whether the keys were confirmed later than this.
    pub(crate) fn were_confirmed_after(&self, time: Option<Duration>) -> bool {
        let ring = self.ring.load();
        ring.as_ref().is_some_and(|ring| ring.confirmed_at > time)
    }

    /// Whether a key is still one of the issuer's.
    pub(crate) fn holds(&self, kid: KeyId, clock: &dyn Clock) -> bool {
        matches!(self.look(kid, clock), Some(Ok(_)))
    }

    /// The key with this id. If it is not known, this waits for the issuer's answer.
    pub(crate) async fn find(&self, kid: KeyId, clock: &dyn Clock) -> Result<VerifyingKey, Error> {
        self.attempts
            .find(|| self.look(kid, clock))
            .await
            .unwrap_or_else(|missed| {
                Err(match missed {
                    Missed::Absent => Error::UnknownKey,
                    Missed::Failed => Error::KeysUnavailable,
                })
            })
    }

    /// Where the issuer's other documents are. If nothing is known yet, this waits for the issuer's
    /// answer.
    pub(crate) async fn metadata(&self) -> Result<Metadata, Error> {
        self.attempts
            .find(|| self.ring.load().as_ref().map(|ring| ring.metadata.clone()))
            .await
            .map_err(|_| Error::KeysUnavailable)
    }

    /// The key with this id, if it is known; an error if all keys are too old.
    pub(crate) fn look(
        &self,
        kid: KeyId,
        clock: &dyn Clock,
    ) -> Option<Result<VerifyingKey, Error>> {
        let ring = self.ring.load();
        let ring = ring.as_ref()?;
        if is_older_than(self.limit, ring.confirmed_at, clock) {
            return Some(Err(Error::KeysUnavailable));
        }
        let jwk = ring
            .set
            .keys()
            .iter()
            .find(|jwk| jwk.kid().as_bytes() == kid.0)?;
        Some(Ok(*jwk.key()))
    }
}
