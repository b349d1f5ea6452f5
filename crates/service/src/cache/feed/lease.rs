//! The lease: until when answers from memory count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::LEASE;

/// When the last complete poll began, by the clock that counts suspension too; 0 is no lease.
pub(super) struct Lease(AtomicU64);

impl Lease {
    pub(super) fn none() -> Self {
        Self(AtomicU64::new(0))
    }

    /// A poll that began then is complete. What it applied is seen by whoever sees the lease.
    pub(super) fn renew(&self, begun: Duration) {
        self.0.store(nanos(begun), Ordering::Release);
    }

    pub(super) fn end(&self) {
        self.0.store(0, Ordering::Release);
    }

    pub(super) fn holds(&self, since_boot: Duration) -> bool {
        let begun = self.0.load(Ordering::Acquire);
        begun != 0 && Duration::from_nanos(nanos(since_boot).saturating_sub(begun)) < LEASE
    }
}

/// Never 0; 584 years.
fn nanos(since_boot: Duration) -> u64 {
    u64::try_from(since_boot.as_nanos())
        .unwrap_or(u64::MAX)
        .max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_holds_from_the_beginning_of_its_poll_on() {
        let lease = Lease::none();
        let at = Duration::from_millis;
        assert!(!lease.holds(at(0)) && !lease.holds(at(10)));
        lease.renew(at(1000));
        assert!(lease.holds(at(1000)) && lease.holds(at(1199)));
        assert!(!lease.holds(at(1200)) && !lease.holds(at(5000)));
        lease.end();
        assert!(!lease.holds(at(1001)));
    }
}
