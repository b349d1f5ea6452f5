use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::part::{PARTS, mine};

/// Spreads keys that differ in a few bits only (Knuth, multiplicative hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Counts by a key, which is any number but [`u64::MAX`].
///
/// It has room for a number of keys. If there are more, the others are counted together under
/// [`Counts::OTHERS`], because keys that come from requests must not take more and more memory.
pub struct Counts {
    parts: Box<[Part]>,
}

struct Part {
    slots: Box<[Slot]>,
    others: AtomicU64,
}

/// A free slot has the key 0, and every other one its key plus one.
#[derive(Default)]
struct Slot {
    key: AtomicU64,
    count: AtomicU64,
}

impl Counts {
    /// The key of what had no room.
    pub const OTHERS: u64 = u64::MAX;

    /// Room for at least `keys` keys.
    pub fn new(keys: usize) -> Self {
        // Half of the slots stay free, so that a search is short.
        let slots = (keys.max(1) * 2).next_power_of_two();
        let part = || Part {
            slots: (0..slots).map(|_| Slot::default()).collect(),
            others: AtomicU64::new(0),
        };
        Self {
            parts: (0..PARTS).map(|_| part()).collect(),
        }
    }

    /// Counts one more of this key.
    pub fn add(&self, key: u64) {
        let part = &self.parts[mine()];
        part.of(key).fetch_add(1, Ordering::Relaxed);
    }

    /// How many of each key were counted so far.
    pub fn so_far(&self) -> BTreeMap<u64, u64> {
        let mut sums = BTreeMap::new();
        for part in &self.parts {
            for slot in &part.slots {
                let taken = slot.key.load(Ordering::Acquire);
                if let Some(key) = taken.checked_sub(1) {
                    *sums.entry(key).or_default() += slot.count.load(Ordering::Relaxed);
                }
            }
            let others = part.others.load(Ordering::Relaxed);
            if others > 0 {
                *sums.entry(Self::OTHERS).or_default() += others;
            }
        }
        sums
    }
}

impl Part {
    fn of(&self, key: u64) -> &AtomicU64 {
        let Some(taken) = key.checked_add(1) else {
            return &self.others;
        };
        let mask = self.slots.len() - 1;
        let spread = key.wrapping_mul(SPREAD) >> 32;
        let first = usize::try_from(spread).unwrap_or_default();
        // Beyond half of the slots it counts as full, so that every search is short.
        for step in 0..=mask / 2 {
            let slot = &self.slots[(first + step) & mask];
            let found = match slot.key.load(Ordering::Acquire) {
                0 => slot
                    .key
                    .compare_exchange(0, taken, Ordering::AcqRel, Ordering::Acquire)
                    .err()
                    .unwrap_or(taken),
                found => found,
            };
            if found == taken {
                return &slot.count;
            }
        }
        &self.others
    }
}

impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.so_far()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn nothing_is_lost_however_many_threads_count() {
        let counts = Counts::new(100);
        thread::scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| {
                    for turn in 0..1000 {
                        counts.add(turn % 100);
                    }
                });
            }
        });
        let so_far = counts.so_far();
        assert_eq!(so_far.len(), 100);
        assert!(so_far.values().all(|count| *count == 400), "{so_far:?}");
    }

    #[test]
    fn more_keys_than_there_is_room_for_are_counted_together() {
        let counts = Counts::new(4);
        for key in 0..1000 {
            counts.add(key);
        }
        counts.add(Counts::OTHERS);
        let so_far = counts.so_far();
        assert!(so_far.len() <= 9, "{so_far:?}");
        assert!(so_far.contains_key(&Counts::OTHERS));
        assert_eq!(so_far.values().sum::<u64>(), 1001);
    }
}
