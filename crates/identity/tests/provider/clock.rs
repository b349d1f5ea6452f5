//! A clock that tests own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock;

const START: i64 = 1_795_515_630_000;

#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// In whole seconds, as tokens have it.
    pub fn seconds(&self) -> i64 {
        self.now().as_seconds()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn since_boot(&self) -> Duration {
        self.now().since(Timestamp::from_millis(START - 1_000_000))
    }
}
