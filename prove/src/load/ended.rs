//! Secrets whose end was acknowledged. No exchange of them that begins after that may succeed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::person::exchange;
use crate::clock::now;
use crate::http::{Caller, Reply};
use crate::tally::{Count, Tally};

/// Every second exchange uses one of this many secrets that ended last.
const LATEST: usize = 40;
/// The pause between two exchanges, so that the watchers are not most of the load.
const REST: Duration = Duration::from_millis(2);

/// The secrets that ended, and that no server may accept.
#[derive(Default)]
pub struct Ended(Mutex<Vec<One>>);

#[derive(Clone)]
struct One {
    secret: String,
    /// The token and the kind of end, for messages.
    what: String,
    acknowledged: Instant,
}

impl Ended {
    /// Adds one. Call it after the acknowledgement.
    pub fn add(&self, secret: String, what: String) {
        let acknowledged = now();
        self.with(|all| {
            all.push(One {
                secret,
                what,
                acknowledged,
            });
        });
    }

    /// Exchanges them at this server until `stop`.
    pub fn watch(&self, server: SocketAddr, stop: &AtomicBool, tally: &Tally, mut rng: Rng) {
        let mut caller = Caller::new(server);
        while !stop.load(Ordering::Relaxed) {
            if let Some(one) = self.pick(&mut rng) {
                self.try_at(&mut caller, &one, tally);
            }
            thread::sleep(REST);
        }
    }

    fn try_at(&self, caller: &mut Caller, one: &One, tally: &Tally) {
        let begun = now();
        if let Reply::Answer(answer) = exchange(caller, &one.secret) {
            tally.add(Count::Watched);
            if answer.status == 200 {
                let after = begun.duration_since(one.acknowledged);
                let what = &one.what;
                tally.violation(
                    Count::Stale,
                    &format!("{what}: {} ms after the acknowledgement", after.as_millis()),
                );
                // Each is reported once.
                self.with(|all| all.retain(|other| other.secret != one.secret));
            }
        }
    }

    fn pick(&self, rng: &mut Rng) -> Option<One> {
        self.with(|all| {
            let from = if rng.bool() {
                all.len().saturating_sub(LATEST)
            } else {
                0
            };
            (!all.is_empty()).then(|| all[rng.usize(from..all.len())].clone())
        })
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Vec<One>) -> T) -> T {
        use_it(&mut self.0.lock())
    }
}
