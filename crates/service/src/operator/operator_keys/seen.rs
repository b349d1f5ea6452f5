//! When uses of operator keys were written.

use std::time::Duration;

use ats_pat_domain::OperatorKeyId;
use quick_cache::sync::Cache;

/// How often a use of a key is written, at most.
const WRITTEN_EVERY: Duration = Duration::from_mins(1);
/// Of how many keys it is remembered when a use was written.
const REMEMBERED: usize = 1000;

/// When a use of each key was last written, by the clock of leases.
pub(crate) struct KeysSeen(Cache<OperatorKeyId, Duration>);

impl Default for KeysSeen {
    fn default() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl KeysSeen {
    /// Whether a use at `now` is to be written; if so, the next one is not for a while.
    pub(super) fn is_due(&self, id: OperatorKeyId, now: Duration) -> bool {
        let written = self.0.get(&id);
        if written.is_some_and(|at| now.saturating_sub(at) < WRITTEN_EVERY) {
            return false;
        }
        self.0.insert(id, now);
        true
    }
}
