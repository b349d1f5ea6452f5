use blake3::{Hash, Hasher};

use crate::{AuthError, Canonical, KeyedHash, RootKeys, versioned};

const VERSION: u8 = 1;

/// The hash of an event, over the event and the hash of the one before it: no event can be changed, taken
/// out or put in between without the root key.
///
/// Equality takes constant time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(Hash);

impl ChainHash {
    /// The length of a stored chain hash, in bytes: its format version and 32 bytes.
    pub const LENGTH: usize = versioned::LENGTH;

    /// What stands before the first event.
    pub const GENESIS: Self = Self(Hash::from_bytes([0; 32]));

    /// The hash of `event`, which follows the event of hash `self`.
    pub fn next(&self, keys: &RootKeys, event: &Canonical) -> Self {
        let mut hasher = Hasher::new_keyed(keys.chain_key());
        hasher.update(&self.to_bytes()).update(event.as_bytes());
        Self(hasher.finalize())
    }

    /// The hash as read from its column; [`AuthError::UnknownFormat`] where a later release wrote it,
    /// [`AuthError::WrongLength`] where it is no chain hash.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, AuthError> {
        versioned::decode(VERSION, stored).map(Self)
    }

    /// The bytes to store.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        versioned::encode(VERSION, &self.0)
    }
}

impl RootKeys {
    /// The salted hash that stands in an event for the personal details beside it. Once details and salt
    /// are erased, the chain still holds, and the hash can't be searched for what it was.
    pub fn personal_hash(&self, salt: &[u8; 32], details: &[u8]) -> KeyedHash {
        let mut hasher = Hasher::new_keyed(self.personal_details_key());
        hasher.update(salt).update(details);
        hasher.finalize().into()
    }
}
