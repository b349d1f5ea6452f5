//! The cached grants, and the reads that wait for the database.

mod grant;
mod known;
mod load;
mod reads;

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::cache::grants::reads::Reads;
use crate::service::turns::Amounts;

pub(crate) use grant::{CachedGrant, FirstUse};
pub(crate) use known::{Found, Known, SecretHash};
pub(in crate::cache) use load::Load;

/// The weight of a grant of usual size, in bytes. A larger grant weighs as much as it takes.
const USUAL_BYTES: usize = 768;
/// About how many bytes the cache itself needs for each grant: key, place, order.
const ENTRY_BYTES: usize = 96;

/// How many statements that read grants may run at once.
const ORDINARY_READERS: usize = 4;
/// How many secrets one of them may name.
const MOST_AT_ONCE: usize = 64;
/// How many secrets a statement for guesses may name.
const MOST_GUESSES_AT_ONCE: usize = 16;

/// The grants that were read lately.
pub(crate) struct Grants {
    /// `None` if nothing is cached.
    known: Option<Cache<SecretHash, Arc<Known>, Bytes>>,
    ordinary: Reads,
    guessers: Reads,
}

/// The queue in which a request waits for the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Ordinary,
    /// For addresses that had too many failures. They wait for each other, so that a burst of
    /// guesses leaves the database free for the others.
    Guessers,
}

/// Limits the number of grants and their bytes: a grant weighs at least [`USUAL_BYTES`].
#[derive(Clone)]
struct Bytes;

impl Weighter<SecretHash, Arc<Known>> for Bytes {
    fn weight(&self, _: &SecretHash, known: &Arc<Known>) -> u64 {
        (known.grant.bytes() + ENTRY_BYTES).max(USUAL_BYTES) as u64
    }
}

impl Grants {
    /// Creates room for `entries` grants of usual size.
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

    pub(super) fn size(&self) -> u64 {
        self.known.as_ref().map_or(0, |known| known.len() as u64)
    }

    pub(super) fn keep(&self, hash: SecretHash, known: Arc<Known>) {
        if let Some(cache) = &self.known {
            cache.insert(hash, known);
        }
    }

    /// The reads of secrets, of both queues together.
    pub(super) fn amounts(&self) -> Amounts {
        let (ordinary, guessers) = (self.ordinary.amounts(), self.guessers.amounts());
        Amounts {
            under_way: ordinary.under_way + guessers.under_way,
            waiting: ordinary.waiting + guessers.waiting,
            shed: ordinary.shed + guessers.shed,
        }
    }

    pub(super) fn reads(&self, lane: Lane) -> &Reads {
        match lane {
            Lane::Ordinary => &self.ordinary,
            Lane::Guessers => &self.guessers,
        }
    }
}
