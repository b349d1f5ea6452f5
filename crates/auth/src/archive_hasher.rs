//! The keyed hash of an archive of events, which is longer than memory.

use zeroize::Zeroize as _;

use crate::KeyedHash;

/// A keyed hash in progress. The order of the parts counts, and not where they were divided.
pub struct ArchiveHasher(blake3::Hasher);

impl ArchiveHasher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(blake3::Hasher::new_keyed(key))
    }

    /// Takes the next part of the archive.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// The hash over all parts.
    pub fn finish(&self) -> KeyedHash {
        self.0.finalize().into()
    }
}

impl Drop for ArchiveHasher {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
