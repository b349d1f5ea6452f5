//! The rows that were replaced or removed, by fingerprint: which event wrote the current row, and
//! how long an earlier row could still grant something.

use std::collections::HashMap;

use ats_pat_domain::Timestamp;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// Days are counted from 2020-01-01.
const FIRST_DAY: i64 = 18_262;
/// The day of an entry without an end: an earlier row could grant something for ever.
const NEVER: u16 = u16::MAX;
/// A row is remembered this much longer than it could grant anything, because clocks differ and go
/// back.
const SPARE_DAYS: i64 = 2;
/// The number of new entries after which they are sorted in.
const GATHERED: usize = 1 << 16;

/// The size of a stored entry in bytes.
pub(super) const ENTRY: usize = 16;

/// What is known of a replaced row: 48 bits of the fingerprint of the event that wrote the current
/// row, and the day after which no earlier row grants anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry(u64);

impl Entry {
    pub(super) fn new(event: u64, until: Option<Timestamp>) -> Self {
        let until = until.map_or(NEVER, |until| {
            let day = until.as_millis().div_euclid(DAY_MILLIS) + SPARE_DAYS - FIRST_DAY;
            u16::try_from(day.max(0)).unwrap_or(NEVER)
        });
        Self(event << 16 | u64::from(until))
    }

    /// Whether this event wrote the current row.
    pub(super) fn is_by(self, event: u64) -> bool {
        self.0 >> 16 == event << 16 >> 16
    }

    fn until(self) -> u16 {
        u16::try_from(self.0 & u64::from(u16::MAX)).unwrap_or(NEVER)
    }

    /// This entry, but remembered at least as long as `other`.
    fn kept_as_long_as(self, other: Self) -> Self {
        Self(self.0 >> 16 << 16 | u64::from(self.until().max(other.until())))
    }

    pub(super) fn is_over(self, now: Timestamp) -> bool {
        let today = now.as_millis().div_euclid(DAY_MILLIS) - FIRST_DAY;
        self.until() != NEVER && i64::from(self.until()) < today
    }
}

/// The usual number of entries in a bucket, which fill two cache lines of the processor.
const BUCKET: usize = 8;

/// Entries sorted by fingerprint, and the start of each bucket of fingerprints. Fingerprints are
/// spread evenly, so buckets have about the same size. The starts fit into the processor's cache,
/// and most lookups find nothing in their bucket.
#[derive(Default)]
struct Sorted {
    entries: Vec<(u64, Entry)>,
    /// One more than the number of buckets. Empty if there are no entries.
    begins: Vec<u32>,
}

impl Sorted {
    fn new(entries: Vec<(u64, Entry)>) -> Self {
        if entries.is_empty() {
            return Self::default();
        }
        // More entries would take 64 GiB.
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let buckets = entries.len().div_ceil(BUCKET);
        let mut begins = Vec::with_capacity(buckets + 1);
        for (at, (row, _)) in entries.iter().enumerate() {
            let bucket = bucket_of(*row, buckets);
            while begins.len() <= bucket {
                begins.push(place(at));
            }
        }
        begins.resize(buckets + 1, place(entries.len()));
        Self { entries, begins }
    }

    fn get(&self, row: u64) -> Option<Entry> {
        let bucket = bucket_of(row, self.begins.len().checked_sub(1)?);
        let [from, to] = [bucket, bucket + 1].map(|at| self.begins[at] as usize);
        let mut near = self.entries[from..to].iter();
        near.find(|(other, _)| *other == row)
            .map(|(_, entry)| *entry)
    }
}

/// The bucket of a fingerprint, if all fingerprints are divided evenly.
fn bucket_of(row: u64, buckets: usize) -> usize {
    let share = (u128::from(row) * buckets as u128) >> 64;
    usize::try_from(share).unwrap_or(0)
}

/// All entries. New ones are kept apart, so that an event needs no sorting.
#[derive(Default)]
pub(super) struct Replaced {
    sorted: Sorted,
    lately: HashMap<u64, Entry>,
}

impl Replaced {
    pub(super) fn get(&self, row: u64) -> Option<Entry> {
        self.lately
            .get(&row)
            .copied()
            .or_else(|| self.sorted.get(row))
    }

    /// Notes the event that wrote the current row. The row is remembered as long as the latest of
    /// all its earlier states could grant something.
    pub(super) fn put(&mut self, row: u64, entry: Entry, now: Timestamp) {
        let known = self.get(row);
        let entry = known.map_or(entry, |known| entry.kept_as_long_as(known));
        self.lately.insert(row, entry);
        if self.lately.len() >= GATHERED.max(self.sorted.entries.len() / 8) {
            self.sort_in(now);
        }
    }

    fn sort_in(&mut self, now: Timestamp) {
        let mut lately: Vec<_> = std::mem::take(&mut self.lately).into_iter().collect();
        lately.sort_unstable_by_key(|(row, _)| *row);
        let sorted = std::mem::take(&mut self.sorted).entries;
        let mut both = Vec::with_capacity(sorted.len() + lately.len());
        let mut newer = lately.into_iter().peekable();
        for (row, entry) in sorted {
            while let Some(next) = newer.next_if(|(other, _)| *other < row) {
                both.push(next);
            }
            both.push(
                newer
                    .next_if(|(other, _)| *other == row)
                    .unwrap_or((row, entry)),
            );
        }
        both.extend(newer);
        both.retain(|(_, entry)| !entry.is_over(now));
        both.shrink_to_fit();
        self.sorted = Sorted::new(both);
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.entries.len() + self.lately.len()
    }

    /// Writes all entries in their stored form.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let mut lately: Vec<_> = self.lately.iter().collect();
        lately.sort_unstable_by_key(|(row, _)| **row);
        let superseded = |row: &u64| self.lately.contains_key(row);
        let older = self
            .sorted
            .entries
            .iter()
            .filter(|(row, _)| !superseded(row));
        let newer = lately.into_iter();
        bytes.reserve(self.len() * ENTRY);
        for (row, entry) in older.map(|(row, entry)| (row, entry)).chain(newer) {
            bytes.extend_from_slice(&row.to_le_bytes());
            bytes.extend_from_slice(&entry.0.to_le_bytes());
        }
    }

    /// Reads the form of [`write`](Self::write).
    pub(super) fn read(bytes: &[u8]) -> Self {
        let number = |bytes: &[u8]| {
            let mut number = [0; 8];
            number.copy_from_slice(bytes);
            u64::from_le_bytes(number)
        };
        let mut sorted: Vec<_> = bytes
            .chunks_exact(ENTRY)
            .map(|entry| (number(&entry[..8]), Entry(number(&entry[8..]))))
            .collect();
        if !sorted.is_sorted_by_key(|(row, _)| *row) {
            sorted.sort_unstable_by_key(|(row, _)| *row);
        }
        Self {
            sorted: Sorted::new(sorted),
            lately: HashMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn in_days(days: u64) -> Timestamp {
        NOW.after(Duration::from_hours(24 * days))
    }

    #[test]
    fn a_row_is_remembered_until_no_earlier_row_grants_anything() {
        let of = |until| Entry::new(7, until);
        assert!(!of(None).is_over(in_days(30_000)));
        let entry = of(Some(in_days(10)));
        assert!(!entry.is_over(in_days(11)));
        assert!(entry.is_over(in_days(14)));
        // A time after the last day means "never".
        assert!(!of(Some(Timestamp::from_millis(i64::MAX))).is_over(in_days(30_000)));
        assert!(of(Some(Timestamp::from_millis(i64::MIN))).is_over(NOW));
    }

    #[test]
    fn a_row_that_ends_earlier_now_is_remembered_as_long_as_before() {
        let mut replaced = Replaced::default();
        replaced.put(1, Entry::new(7, Some(in_days(100))), NOW);
        replaced.put(1, Entry::new(8, Some(in_days(1))), NOW);
        let entry = replaced.get(1).unwrap();
        assert!(entry.is_by(8) && !entry.is_by(7));
        assert!(!entry.is_over(in_days(99)));
    }

    proptest! {
        #[test]
        fn it_is_a_map_at_every_point_of_sorting_and_storing(
            puts in proptest::collection::vec((0..40_u64, 0..1000_u64, any::<bool>()), 0..200),
            spread in prop_oneof![Just(1_u64), Just(1 << 40), Just(u64::MAX / 41)],
        ) {
            let mut replaced = Replaced::default();
            let mut model = std::collections::BTreeMap::new();
            for (row, event, sorts) in puts {
                replaced.put(row * spread, Entry::new(event, None), NOW);
                model.insert(row * spread, event);
                if sorts {
                    replaced.sort_in(NOW);
                }
            }
            let mut bytes = Vec::new();
            replaced.write(&mut bytes);
            let read = Replaced::read(&bytes);
            prop_assert_eq!(read.len(), model.len());
            for row in (0..41).map(|row| row * spread).chain([u64::MAX]) {
                let event = model.get(&row).copied();
                for set in [&replaced, &read] {
                    prop_assert_eq!(set.get(row).is_some(), event.is_some());
                    prop_assert!(event.is_none_or(|event| set.get(row).unwrap().is_by(event)));
                }
            }
        }
    }
}
