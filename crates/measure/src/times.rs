use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::part::{PARTS, mine};

/// The room of a part. It is several lines of a processor's cache, so that the parts of two threads
/// share none.
const ROOM: usize = 32;

/// How long something took, in ranges.
#[derive(Debug)]
pub struct Times {
    bounds: &'static [Duration],
    /// In each: a count for every range, and one for what took longer; then the sum in
    /// nanoseconds.
    parts: Box<[Box<[AtomicU64]>]>,
}

/// What was noted so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How many took at most so long, and longer than the range before. The last range has no end.
    pub ranges: Vec<(Option<Duration>, u64)>,
    /// How long all of them took together.
    pub total: Duration,
}

impl Times {
    /// For what takes a moment: ranges from 20 µs to five seconds, most of them below 100 ms.
    pub const SHORT: &[Duration] = &[
        Duration::from_micros(20),
        Duration::from_micros(50),
        Duration::from_micros(100),
        Duration::from_micros(200),
        Duration::from_micros(500),
        Duration::from_millis(1),
        Duration::from_millis(2),
        Duration::from_millis(5),
        Duration::from_millis(10),
        Duration::from_millis(20),
        Duration::from_millis(50),
        Duration::from_millis(100),
        Duration::from_secs(1),
        Duration::from_secs(5),
    ];

    /// For what people wait for: ranges from half a millisecond to ten seconds.
    pub const LONG: &[Duration] = &[
        Duration::from_micros(500),
        Duration::from_millis(1),
        Duration::from_millis(2),
        Duration::from_millis(5),
        Duration::from_millis(10),
        Duration::from_millis(20),
        Duration::from_millis(50),
        Duration::from_millis(100),
        Duration::from_millis(200),
        Duration::from_millis(500),
        Duration::from_secs(1),
        Duration::from_secs(2),
        Duration::from_secs(5),
        Duration::from_secs(10),
    ];

    /// Ranges that end at `bounds`, the shortest first.
    pub fn new(bounds: &'static [Duration]) -> Self {
        let room = ROOM.max(bounds.len() + 2);
        let part = || (0..room).map(|_| AtomicU64::new(0)).collect();
        Self {
            bounds,
            parts: (0..PARTS).map(|_| part()).collect(),
        }
    }

    /// Notes nothing, and takes no memory.
    pub fn none() -> Self {
        Self {
            bounds: &[],
            parts: Box::default(),
        }
    }

    /// Notes that it took so long once.
    pub fn note(&self, took: Duration) {
        let Some(part) = self.parts.get(mine()) else {
            return;
        };
        let range = self.bounds.partition_point(|bound| *bound < took);
        part[range].fetch_add(1, Ordering::Relaxed);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        part[self.bounds.len() + 1].fetch_add(nanos, Ordering::Relaxed);
    }

    /// What was noted so far.
    pub fn so_far(&self) -> Measured {
        let sum = |index: usize| {
            let parts = self.parts.iter();
            parts.fold(0_u64, |sum, part| {
                sum.wrapping_add(part[index].load(Ordering::Relaxed))
            })
        };
        let bounds = self.bounds.iter().copied().map(Some);
        Measured {
            ranges: bounds
                .chain([None])
                .enumerate()
                .map(|(range, bound)| (bound, sum(range)))
                .collect(),
            total: Duration::from_nanos(sum(self.bounds.len() + 1)),
        }
    }
}

impl Measured {
    /// How often something was noted.
    pub fn count(&self) -> u64 {
        self.ranges.iter().map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_range_that_it_does_not_exceed() {
        let times = Times::new(Times::SHORT);
        let noted = [0, 20, 21, 50, 6_000_000].map(Duration::from_micros);
        for took in noted {
            times.note(took);
        }
        let so_far = times.so_far();
        assert_eq!(so_far.ranges[0], (Some(Times::SHORT[0]), 2));
        assert_eq!(so_far.ranges[1], (Some(Times::SHORT[1]), 2));
        assert_eq!(so_far.ranges.last(), Some(&(None, 1)));
        assert_eq!(so_far.count(), 5);
        assert_eq!(so_far.total, noted.iter().sum());
    }
}
