//! When the last event about a token or a user was.

use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::AsOf;

/// So many stamps that two ids in use rarely share one. They take half a MiB.
const STAMPS: usize = 1 << 16;

/// The number of the last event about each id, in a table of fixed size. If two ids share a place,
/// an event about one only makes the other be read again.
pub(super) struct Stamps(Box<[AtomicI64]>);

impl Stamps {
    pub(super) fn new() -> Self {
        Self((0..STAMPS).map(|_| AtomicI64::new(0)).collect())
    }

    pub(super) fn raise(&self, id: Uuid, seq: i64) {
        self.0[place(id)].fetch_max(seq, Ordering::AcqRel);
    }

    pub(super) fn raise_all(&self, seq: i64) {
        for stamp in &self.0 {
            stamp.fetch_max(seq, Ordering::AcqRel);
        }
    }

    pub(super) fn clear(&self) {
        for stamp in &self.0 {
            stamp.store(0, Ordering::Release);
        }
    }

    pub(super) fn none_after(&self, as_of: AsOf, id: Uuid) -> bool {
        self.0[place(id)].load(Ordering::Acquire) <= as_of.seq
    }
}

/// Mixes the random ends of the ids, because ids of users may come from elsewhere.
fn place(id: Uuid) -> usize {
    let (high, low) = id.as_u64_pair();
    let mixed = (high ^ low.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 48).unwrap_or(0) % STAMPS
}
