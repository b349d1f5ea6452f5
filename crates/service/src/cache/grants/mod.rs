//! The grants in memory, and the reads that wait for the database.

mod grant;
mod known;
mod load;
mod reads;

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::cache::grants::reads::Reads;

pub(crate) use grant::{FirstUse, Grant};
pub(crate) use known::{Found, Known, SecretHash};
pub(in crate::cache) use load::Load;

/// What a grant of usual size counts for, in bytes; a greater one counts for what it takes.
const USUAL_BYTES: usize = 768;
/// What the cache itself needs for each grant, about: key, place, order.
const ENTRY_BYTES: usize = 96;

/// How many statements that read grants are under way at once.
const ORDINARY_READERS: usize = 4;
/// How many secrets one of them may name.
const MOST_AT_ONCE: usize = 64;
/// How many guesses may.
const MOST_GUESSES_AT_ONCE: usize = 16;

/// The grants that were read of late.
pub(crate) struct Grants {
    /// `None` where nothing is to be kept.
    known: Option<Cache<SecretHash, Arc<Known>, Bytes>>,
    ordinary: Reads,
    guessers: Reads,
}

/// With whom a request waits for the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Ordinary,
    /// Of addresses that spent their budget of failures: they wait for each other, so that a burst
    /// of guesses leaves the database to the rest.
    Guessers,
}

/// Bounds both numbers and bytes: a grant counts for [`USUAL_BYTES`] at least.
#[derive(Clone)]
struct Bytes;

impl Weighter<SecretHash, Arc<Known>> for Bytes {
    fn weight(&self, _: &SecretHash, known: &Arc<Known>) -> u64 {
        (known.grant.bytes() + ENTRY_BYTES).max(USUAL_BYTES) as u64
    }
}

impl Grants {
    /// Room for so many grants of usual size.
    pub(crate) fn new(entries: usize) -> Self {
        let bytes = entries.saturating_mul(USUAL_BYTES) as u64;
        Self {
            known: (entries > 0).then(|| Cache::with_weighter(entries, bytes, Bytes)),
            ordinary: Reads::new(ORDINARY_READERS, MOST_AT_ONCE),
            guessers: Reads::new(1, MOST_GUESSES_AT_ONCE),
        }
    }

    pub(super) fn known(&self, hash: &SecretHash) -> Option<Arc<Known>> {
        self.known.as_ref()?.get(hash)
    }

    pub(super) fn keep(&self, hash: SecretHash, known: Arc<Known>) {
        if let Some(cache) = &self.known {
            cache.insert(hash, known);
        }
    }

    pub(super) fn reads(&self, lane: Lane) -> &Reads {
        match lane {
            Lane::Ordinary => &self.ordinary,
            Lane::Guessers => &self.guessers,
        }
    }
}
