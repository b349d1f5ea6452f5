use blake3::{Hash, Hasher};

use crate::{AuthError, Canonical, KeyedHash, RootKeys, versioned};

const VERSION: u8 = 1;

/// The hash of an event, over the event and the hash of the event before it. Without the root key,
/// nobody can change, remove or insert an event.
///
/// Equality takes constant time.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChainHash(Hash);

impl ChainHash {
    /// The length of a stored chain hash, in bytes: its format version and 32 bytes.
    pub const LENGTH: usize = versioned::LENGTH;

    /// The hash before the first event.
    pub const GENESIS: Self = Self(Hash::from_bytes([0; 32]));

    /// The hash of `event`, which follows the event with the hash `self`.
    pub fn next(&self, keys: &RootKeys, event: &Canonical) -> Self {
        let mut hasher = Hasher::new_keyed(keys.chain_key());
        hasher.update(&self.to_bytes()).update(event.as_bytes());
        Self(hasher.finalize())
    }

    /// The hash as read from its column. [`AuthError::UnknownFormat`] if a later release wrote it,
    /// [`AuthError::WrongLength`] if it is not a chain hash.
    pub fn from_bytes(stored: &[u8]) -> Result<Self, AuthError> {
        versioned::decode(VERSION, stored).map(Self)
    }

    /// The bytes to store.
    pub fn to_bytes(self) -> [u8; Self::LENGTH] {
        versioned::encode(VERSION, &self.0)
    }
}

impl RootKeys {
    /// The salted hash that an event holds for the personal details beside it. Once details and
    /// salt are erased, the chain is still valid, and nobody can find the details by trying values.
    pub fn personal_hash(&self, salt: &[u8; 32], details: &[u8]) -> KeyedHash {
        let mut hasher = Hasher::new_keyed(self.personal_details_key());
        hasher.update(salt).update(details);
        hasher.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known_answers::{every_kind, hex, keys};

    #[test]
    fn the_chain_is_what_another_program_computes() {
        let first = ChainHash::GENESIS.next(&keys(), &every_kind());
        let second = first.next(&keys(), &every_kind());
        assert_eq!(
            hex(&first.to_bytes()),
            "0138f0b72f78f2e20037d25c11050535a8a9cfafa97d04fe23028ff944b1129666",
        );
        assert_eq!(
            hex(&second.to_bytes()),
            "019d1fb255fee0e28cca3945daae257f27c26f33bc342c0a7f6267d2e7c3e65560",
        );
    }

    #[test]
    fn an_event_is_bound_to_the_one_before_it() {
        let [a, b] = ["a", "b"].map(|kind| Canonical::new("events").text(kind));
        let after = |first, second| {
            ChainHash::GENESIS
                .next(&keys(), first)
                .next(&keys(), second)
        };
        assert!(after(&a, &b) != after(&b, &a));
        assert!(after(&a, &b) != after(&b, &b));
        assert!(after(&a, &b) == after(&a, &b));
    }

    #[test]
    fn a_chain_hash_goes_on_after_storage() {
        let head = ChainHash::GENESIS.next(&keys(), &every_kind());
        assert!(ChainHash::from_bytes(&head.to_bytes()).unwrap() == head);
        let later = ChainHash::from_bytes(&[9; ChainHash::LENGTH]);
        assert!(matches!(
            later,
            Err(AuthError::UnknownFormat { version: 9 })
        ));
    }

    #[test]
    fn personal_details_are_hashed_with_their_salt() {
        let hash = keys().personal_hash(&[9; 32], b"details");
        assert_eq!(
            hex(hash.as_bytes()),
            "07b0760f7c533464e457256639c463eaa40f816bd8adfb96a636090c463162a3",
        );
        assert!(hash != keys().personal_hash(&[8; 32], b"details"));
    }
}
