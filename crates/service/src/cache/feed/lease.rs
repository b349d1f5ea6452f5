//! The lease: how long answers from memory count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// When the last complete poll began, in nanoseconds since boot including suspension. 0 means no
/// lease.
pub(in crate::cache) struct Lease(AtomicU64);

impl Lease {
    pub(super) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Notes that a poll that began at `begun` is complete. A task that sees the lease also sees
    /// everything that the poll applied.
    pub(in crate::cache) fn renew(&self, begun: Duration) {
        // Never 0. The largest value is 584 years.
        let nanos = u64::try_from(begun.as_nanos()).unwrap_or(u64::MAX).max(1);
        self.0.store(nanos, Ordering::Release);
    }

    pub(in crate::cache) fn end(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// When the poll of this lease began.
    pub(in crate::cache) fn began(&self) -> Option<Duration> {
        match self.0.load(Ordering::Acquire) {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::decisions::SHIPPED;

    #[test]
    fn a_lease_counts_from_the_start_of_its_poll() {
        let lease = Lease::none();
        let at = Duration::from_millis;
        let holds = |now| (SHIPPED.may_answer)(lease.began(), at(now));
        assert!(!holds(0) && !holds(10));
        lease.renew(at(1000));
        assert!(holds(1000) && holds(1199));
        assert!(!holds(1200) && !holds(5000));
        lease.end();
        assert!(!holds(1001));
    }
}
