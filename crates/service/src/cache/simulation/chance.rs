//! What happens by chance: all from one seed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ats_pat_domain::port::{Randomness, RandomnessUnavailable};

/// A sequence of numbers that a seed determines (SplitMix64).
pub(super) struct Chance(AtomicU64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    fn next(&self) -> u64 {
        let state = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        let mut mixed = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(super) fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    pub(super) fn millis(&self, from: u64, end: u64) -> Duration {
        Duration::from_millis(from + self.below(end - from))
    }

    /// How long a statement or its answer travels: mostly short, now and then longer than any
    /// lease.
    pub(super) fn latency(&self) -> Duration {
        match self.below(200) {
            0 => self.millis(200, 900),
            1..=8 => self.millis(20, 200),
            _ => Duration::from_micros(50 + self.below(2000)),
        }
    }
}

impl Randomness for Chance {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}
