//! The ids of authentication tokens (`jti`).

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::{Builder, Uuid};

/// Makes unique ids without asking the system for randomness each time. An id is a keyed hash of a
/// counter, with a key that no other process has.
pub(crate) struct TokenIds {
    key: [u8; 32],
    count: AtomicU64,
}

impl TokenIds {
    /// Makes ids with this random key.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self {
            key,
            count: AtomicU64::new(0),
        }
    }

    /// The next id. Without the key, nobody can tell it from a random UUID (RFC 9562, section 5.4).
    pub(crate) fn next(&self) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let hash = blake3::keyed_hash(&self.key, &count.to_le_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.as_bytes()[..16]);
        Builder::from_random_bytes(bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_tokens_have_the_same_id_here_or_elsewhere() {
        let processes = [TokenIds::new([1; 32]), TokenIds::new([2; 32])];
        let ids: HashSet<Uuid> = processes
            .iter()
            .flat_map(|ids| (0..1000).map(|_| ids.next()))
            .collect();
        assert_eq!(ids.len(), 2000);
        assert!(ids.iter().all(|id| id.get_version_num() == 4));
    }
}
