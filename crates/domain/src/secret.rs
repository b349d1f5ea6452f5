//! The stored side of a personal access token's secret: a keyed hash, never the secret.

use std::fmt;

use crate::id::TokenId;
use crate::tagged::KeyId;
use crate::time::Timestamp;

/// Which place a secret holds at its token; unique per token, so that the database itself refuses a
/// second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The secret in use.
    Current,
    /// A predecessor that still works for a while.
    Overlap,
    /// A successor that the token asked for itself: its first exchange puts it in the place of the
    /// one in use.
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

/// One secret of a token.
///
/// A current secret works as long as its token. One in overlap, or unconfirmed, works at most until
/// [`Self::valid_until`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// The keyed hash of the whole string.
    pub hash: [u8; 32],
    /// The root key of the hash.
    pub key_id: KeyId,
    /// The token it belongs to.
    pub token_id: TokenId,
    /// The how-manieth secret of its token, from 1.
    pub generation: u32,
    /// Its place; `None` is dead, but kept so that its reuse can be told.
    pub slot: Option<Slot>,
    /// When a secret in overlap, or an unconfirmed one, stops working.
    pub valid_until: Option<Timestamp>,
    /// Whether the first exchange with this secret ends the one in overlap.
    pub ends_overlap: bool,
    /// When its token expires once this unconfirmed secret is confirmed.
    pub renews_until: Option<Timestamp>,
    /// Whether a dead secret may still revoke its token: the token itself replaced it.
    pub may_revoke: bool,
    /// The place in the status list of the authentication tokens that it is exchanged for. `None`
    /// until its next exchange where it was made by an earlier release, or its owner was disabled
    /// since.
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
