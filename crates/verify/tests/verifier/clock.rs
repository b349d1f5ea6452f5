//! Clocks that stand still until a test moves them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ats_pat_verify::Clock;

use crate::issuer::NOW;

#[derive(Clone)]
pub struct TestClock(Arc<Mutex<(i64, Duration)>>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new((NOW, Duration::from_secs(100)))))
    }

    /// Changes only the time of day, as a person at the machine can.
    pub fn jump(&self, seconds: i64) {
        self.0.lock().unwrap().0 += seconds;
    }

    /// Lets time pass, on both clocks.
    pub fn pass(&self, seconds: u32) {
        let mut clocks = self.0.lock().unwrap();
        clocks.0 += i64::from(seconds);
        clocks.1 += Duration::from_secs(seconds.into());
    }
}

impl Clock for TestClock {
    fn now_seconds(&self) -> i64 {
        self.0.lock().unwrap().0
    }

    fn since_start(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}
