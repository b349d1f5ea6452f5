//! A clock that tests own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock;

/// Where test clocks start: 2026-11-24T10:20:30.123Z.
pub const START: Timestamp = Timestamp::from_millis(1_795_515_630_123);

/// Stands still until a test moves it. Clones show the same time.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl Default for TestClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START.as_millis())))
    }
}

impl TestClock {
    /// Moves both clocks forward.
    pub fn advance(&self, by: Duration) {
        self.set(self.now().after(by));
    }

    /// Moves the clock to `now`.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn since_boot(&self) -> Duration {
        // As if the machine had started a day before the test.
        self.now().since(START.before(Duration::from_hours(24)))
    }
}
