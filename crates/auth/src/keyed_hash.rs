use blake3::Hash;

use crate::AuthError;

/// A keyed BLAKE3 hash of a secret. It is stored instead of the secret.
///
/// Equality takes constant time. There is no `Debug`, because the hash of a secret in use belongs
/// in its column and not in a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyedHash(Hash);

impl KeyedHash {
    /// The hash in its stored form.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Hash::from_bytes(bytes))
    }

    /// The hash as read from a column of bytes. [`AuthError::WrongLength`] if the length is not 32.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, AuthError> {
        Hash::from_slice(bytes)
            .map(Self)
            .map_err(|_| AuthError::WrongLength {
                expected: blake3::OUT_LEN,
                found: bytes.len(),
            })
    }

    /// The bytes to store or to look up.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The bytes to store or to look up, owned.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.into()
    }
}

/// For hash maps. Maps compare by equality, which takes constant time. The place of a hash in a map
/// tells something about the keyed hash, but nothing about the secret.
impl std::hash::Hash for KeyedHash {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.as_bytes().hash(state);
    }
}

impl From<Hash> for KeyedHash {
    fn from(hash: Hash) -> Self {
        Self(hash)
    }
}
