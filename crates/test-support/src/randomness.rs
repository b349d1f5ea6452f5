//! Randomness that a seed repeats.

use std::sync::{Mutex, PoisonError};

use ats_pat_domain::port::{Randomness, RandomnessUnavailable};

/// A stream of bytes that its seed determines; no two draws are the same.
pub struct SeededRandomness(Mutex<blake3::OutputReader>);

impl SeededRandomness {
    /// The stream of this seed.
    pub fn new(seed: &str) -> Self {
        Self(Mutex::new(
            blake3::Hasher::new().update(seed.as_bytes()).finalize_xof(),
        ))
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill(bytes);
        Ok(())
    }
}
