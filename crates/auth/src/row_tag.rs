use blake3::Hash;

use crate::{AuthError, Canonical, RootKeys, versioned};

const VERSION: u8 = 1;

/// A keyed tag over everything of a row that grants rights: who can write to the database, but does not
/// hold the root key, can neither plant such a row nor alter one.
#[derive(Clone, Copy)]
pub struct RowTag(Hash);

impl RowTag {
    /// The length of a stored tag, in bytes: its format version and 32 bytes.
    pub const LENGTH: usize = versioned::LENGTH;

    /// The tag of `row` under `keys`.
    pub fn new(keys: &RootKeys, row: &Canonical) -> Self {
        Self(blake3::keyed_hash(keys.row_tag_key(), row.as_bytes()))
    }

    /// The tag as read from its column; [`AuthError::UnknownFormat`] where a later release wrote it,
    /// [`AuthError::WrongLength`] where it is no tag.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, AuthError> {
        versioned::decode(VERSION, stored).map(Self)
    }

    /// The bytes to store.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        versioned::encode(VERSION, &self.0)
    }

    /// Whether `row` is the row that this tag was made for, under the same keys; else
    /// [`AuthError::RowAltered`]. Takes constant time.
    pub fn verify(&self, keys: &RootKeys, row: &Canonical) -> Result<(), AuthError> {
        if self.0 == Self::new(keys, row).0 {
            Ok(())
        } else {
            Err(AuthError::RowAltered)
        }
    }
}
