use blake3::Hash;

use crate::AuthError;

/// A keyed BLAKE3 hash of a secret: what is stored in its place.
///
/// Equality takes constant time. There is no `Debug`: the hash of a live secret belongs in its column,
/// not in a log.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyedHash(Hash);

impl KeyedHash {
    /// The hash in its stored form.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Hash::from_bytes(bytes))
    }

    /// The hash as read from a column of bytes; another length than 32 is
    /// [`AuthError::WrongLength`].
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

/// For hash maps. Maps compare by equality, which is constant in time; where a hash falls in a map tells
/// only of the keyed hash, not of the secret.
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
