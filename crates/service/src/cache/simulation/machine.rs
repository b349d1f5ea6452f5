//! The machine that a simulated server runs on: its clocks, its sleep, its network.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::Clock;
use parking_lot::Mutex;
use tokio::time::Instant;

/// When the simulation begins, by everybody's wall clock.
const BEGINNING: Timestamp = Timestamp::from_millis(1_796_000_000_000);

pub(super) struct Machine {
    began: Instant,
    /// How long the machine ran before.
    ran_before: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct State {
    asleep_until: Instant,
    cut_off_until: Instant,
}

impl Machine {
    pub(super) fn new(began: Instant, ran_before: Duration) -> Self {
        Self {
            began,
            ran_before,
            state: Mutex::new(State {
                asleep_until: began,
                cut_off_until: began,
            }),
        }
    }

    /// Stops everything on the machine; its clocks go on.
    pub(super) fn suspend(&self, duration: Duration) {
        self.change(|state| state.asleep_until = Instant::now() + duration);
    }

    pub(super) fn cut_off(&self, duration: Duration) {
        self.change(|state| state.cut_off_until = Instant::now() + duration);
    }

    pub(super) fn is_cut_off(&self) -> bool {
        Instant::now() < self.state().cut_off_until
    }

    /// Waits until the machine is awake.
    pub(super) async fn awake(&self) {
        loop {
            let until = self.state().asleep_until;
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    fn state(&self) -> State {
        *self.state.lock()
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
    }
}

impl Clock for Machine {
    fn now(&self) -> Timestamp {
        BEGINNING.after(self.began.elapsed())
    }

    fn since_boot(&self) -> Duration {
        self.ran_before + self.began.elapsed()
    }
}
