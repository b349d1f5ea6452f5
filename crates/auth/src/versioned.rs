use blake3::Hash;

use crate::AuthError;

/// The length of a stored hash with its format version, in bytes.
pub(crate) const LENGTH: usize = 1 + blake3::OUT_LEN;

/// `version` and `hash` as they are stored.
pub(crate) fn encode(version: u8, hash: &Hash) -> [u8; LENGTH] {
    let mut bytes = [version; LENGTH];
    bytes[1..].copy_from_slice(hash.as_bytes());
    bytes
}

/// The hash in `stored`, if its format version is `version`.
pub(crate) fn decode(version: u8, stored: &[u8]) -> Result<Hash, AuthError> {
    match stored.split_first() {
        Some((found, _)) if *found != version => Err(AuthError::UnknownFormat { version: *found }),
        Some((_, hash)) if hash.len() == blake3::OUT_LEN => {
            Hash::from_slice(hash).map_err(|_| wrong_length(stored))
        }
        _ => Err(wrong_length(stored)),
    }
}

fn wrong_length(stored: &[u8]) -> AuthError {
    AuthError::WrongLength {
        expected: LENGTH,
        found: stored.len(),
    }
}
