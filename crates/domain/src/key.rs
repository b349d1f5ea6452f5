//! Keys as they stand in the database: sealed.

use crate::tagged::KeyId;
use crate::time::Timestamp;

/// The random root of hash, tag, chain and session keys, sealed under the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRootKey {
    /// Stands beside each hash and tag made under it.
    pub key_id: KeyId,
    /// The sealed root.
    pub sealed: Vec<u8>,
    /// When it was made; authenticated with the sealed root.
    pub created_at: Timestamp,
}

/// A signing key of the ring.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSigningKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `EdDSA`.
    pub algorithm: String,
    /// The Ed25519 public key.
    pub public: [u8; 32],
    /// The sealed private key; erased when the key is destroyed.
    pub sealed: Option<Vec<u8>>,
    /// When it was made; authenticated with the sealed key.
    pub created_at: Timestamp,
    /// When it may begin to sign.
    pub active_from: Timestamp,
    /// When it stops signing.
    pub retired_at: Option<Timestamp>,
}

/// Where a signing key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not yet signing.
    Next,
    /// Signing.
    Active,
    /// No longer signing, still published.
    Retired,
    /// Its private part is erased; no longer published.
    Destroyed,
}

impl KeyState {
    /// The name that operators see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "Next",
            Self::Active => "Active",
            Self::Retired => "Retired",
            Self::Destroyed => "Destroyed",
        }
    }
}

impl StoredSigningKey {
    /// The state at `now`.
    pub fn state(&self, now: Timestamp) -> KeyState {
        if self.sealed.is_none() {
            KeyState::Destroyed
        } else if self.retired_at.is_some_and(|retired| retired <= now) {
            KeyState::Retired
        } else if self.active_from <= now {
            KeyState::Active
        } else {
            KeyState::Next
        }
    }
}
