//! How the secret of a personal access token is stored: as a keyed hash, never the secret itself.

use std::fmt;

use crate::id::TokenId;
use crate::tagged::KeyId;
use crate::time::Timestamp;

/// The role of a secret of a token. A token has at most one secret in each role, and a unique index
/// enforces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The secret in use.
    Current,
    /// The replaced secret, which still works during the overlap.
    Overlap,
    /// A new secret that the token asked for itself. Its first exchange makes it the current one.
    Unconfirmed,
}

impl Slot {
    /// The stored form: 1, 2 or 3.
    pub const fn as_number(self) -> i16 {
        match self {
            Self::Current => 1,
            Self::Overlap => 2,
            Self::Unconfirmed => 3,
        }
    }

    /// Reads the stored form.
    pub const fn from_stored(number: i16) -> Option<Self> {
        match number {
            1 => Some(Self::Current),
            2 => Some(Self::Overlap),
            3 => Some(Self::Unconfirmed),
            _ => None,
        }
    }
}

/// A secret of a token.
///
/// A current secret works as long as its token. An overlapping or unconfirmed one works until
/// [`Self::valid_until`] at most.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The keyed hash of the whole token string.
    pub hash: [u8; 32],
    /// The root key of the hash.
    pub key_id: KeyId,
    /// The token it belongs to.
    pub token_id: TokenId,
    /// Which secret of its token it is, counted from 1.
    pub generation: u32,
    /// Its role. `None` for a dead secret, which is kept to notice its reuse.
    pub slot: Option<Slot>,
    /// When an overlapping or unconfirmed secret stops working.
    pub valid_until: Option<Timestamp>,
    /// Whether the first exchange with this secret, or the first renewal by it, ends the overlap of
    /// the one before.
    pub ends_overlap: bool,
    /// When the token will expire once this unconfirmed secret is confirmed.
    pub renews_until: Option<Timestamp>,
    /// Whether this dead secret may still revoke its token, because the token replaced it itself.
    pub may_revoke: bool,
    /// The place in the status list of the authentication tokens that it is exchanged for. `None`
    /// until the next exchange if an earlier release made it, or its owner was disabled since.
    pub status_index: Option<u64>,
}

impl fmt::Debug for Secret {
    /// Leaves the hash out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret")
            .field("token_id", &self.token_id)
            .field("generation", &self.generation)
            .field("slot", &self.slot)
            .field("valid_until", &self.valid_until)
            .finish_non_exhaustive()
    }
}
