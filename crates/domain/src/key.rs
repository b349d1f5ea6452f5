//! Root keys and signing keys as they are stored: sealed.

use crate::tagged::KeyId;
use crate::time::Timestamp;

/// The random root of the keys for hashes, tags, the event chain and sessions. It is sealed with
/// the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRootKey {
    /// Each hash and tag that is made with this key names it.
    pub key_id: KeyId,
    /// The root, sealed with the master key.
    pub sealed: Vec<u8>,
    /// When it was made. The seal authenticates this time.
    pub created_at: Timestamp,
}

/// A signing key, whose private part is sealed with the master key.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredSigningKey {
    /// The key's RFC 7638 thumbprint.
    pub kid: String,
    /// The `alg` of its signatures, which is always `EdDSA`.
    pub algorithm: String,
    /// The Ed25519 public key.
    pub public: [u8; 32],
    /// The sealed private key. `None` once the key is destroyed.
    pub sealed: Option<Vec<u8>>,
    /// When it was made. The seal authenticates this time.
    pub created_at: Timestamp,
    /// When it may begin to sign.
    pub active_from: Timestamp,
    /// When it stops signing.
    pub retired_at: Option<Timestamp>,
}

/// The state of a signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// It is published, but does not sign yet.
    Next,
    /// It signs authentication tokens, and is published.
    Active,
    /// It no longer signs, but is still published.
    Retired,
    /// Its private key is erased, and it is no longer published.
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
