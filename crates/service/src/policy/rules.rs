//! What decides whether a policy that is in memory, or was read, is gone by.

#[cfg(test)]
use std::time::Duration;

use ats_pat_domain::event::Head;

/// Each decision, as a function.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Whether the log is read anew before a policy is judged by it: by up to where it is known,
    /// and its end as it was read just now. What is known may be of a log that went back, which
    /// nothing else tells until as many events came again.
    pub(crate) must_read_log_anew: fn(known: Option<Head>, end: Head) -> bool,
    /// Whether the set in memory is gone by, by whether the log says that it is in force.
    pub(crate) counts: fn(is_in_force: bool) -> bool,
    /// Whether a set that was read is remembered, by whether the log still says so at that moment:
    /// another one may have been remembered since the read.
    pub(crate) is_remembered: fn(is_in_force: bool) -> bool,
    /// For how long the thread stops, at this time since boot, between a read and what it
    /// remembers of it: a system can stop any thread anywhere.
    #[cfg(test)]
    pub(crate) thread_stops: fn(Duration) -> Duration,
}

impl Rules {
    /// The rules of every server; only the simulation sets others.
    pub(crate) const SHIPPED: Self = Self {
        must_read_log_anew: |known, end| {
            known.is_some_and(|known| known.seq >= end.seq && known != end)
        },
        counts: |is_in_force| is_in_force,
        is_remembered: |is_in_force| is_in_force,
        #[cfg(test)]
        thread_stops: |_| Duration::ZERO,
    };
}
