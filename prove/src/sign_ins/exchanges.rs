//! Programs that exchange tokens without end, and how long that takes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use parking_lot::Mutex;

use crate::clock::now;
use crate::figures::{milliseconds, ratio};
use crate::http::{Caller, Reply, expect};
use crate::installation::Installation;
use crate::load::{FIRST_PASSWORD, Person, add_user, exchange, made};
use crate::report::Trial;
use crate::tally::{Count, Tally};

/// The owners of the tokens. A program of each exchanges them.
const OWNERS: [&str; 4] = ["ada", "grace", "barbara", "edith"];
/// How many tokens each has.
const TOKENS: usize = 20;
/// The pause after an exchange, so that the load is the same with and without sign-ins.
const PAUSE: Duration = Duration::from_millis(4);
/// How many times longer than else 99 of 100 exchanges may take.
const TIMES_LONGER: u64 = 2;

/// What happens beside the exchanges.
#[derive(Clone, Copy)]
pub enum Phase {
    /// Nothing happens beside the exchanges.
    Alone,
    /// Many people sign in.
    Beside,
}

/// How long something took in each phase, in microseconds.
type Times = [Histogram<u64>; 2];

/// Programs that exchange tokens, and how long that takes.
pub struct Exchanges<'a> {
    at: SocketAddr,
    tally: &'a Tally,
    secrets: Vec<(Vec<String>, Mutex<Times>)>,
    phase: AtomicU8,
    stop: AtomicBool,
}

impl<'a> Exchanges<'a> {
    /// Makes the owners, who have passwords, and their tokens.
    pub fn new(installation: &Installation, tally: &'a Tally) -> Result<Self> {
        let mut secrets = Vec::new();
        for name in OWNERS {
            add_user(installation, name)?;
            let mut owner = Person::new(name.to_owned(), installation.address());
            expect(owner.sign_in(FIRST_PASSWORD), 200)?;
            let tokens = (0..TOKENS).map(|number| made(owner.create(&format!("of {number}"))));
            let tokens = tokens.collect::<Result<_>>()?;
            secrets.push((tokens, Mutex::new([Histogram::new(3)?, Histogram::new(3)?])));
        }
        Ok(Self {
            at: installation.address(),
            tally,
            secrets,
            phase: AtomicU8::new(0),
            stop: AtomicBool::new(false),
        })
    }

    /// Notes from now on what takes place in this phase.
    pub fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Exchanges while `meanwhile` runs.
    pub fn run<T>(&self, meanwhile: impl FnOnce() -> Result<T>) -> Result<T> {
        thread::scope(|scope| {
            for (secrets, times) in &self.secrets {
                scope.spawn(|| self.exchange(secrets, &mut times.lock()));
            }
            let outcome = meanwhile();
            self.stop.store(true, Ordering::Relaxed);
            outcome
        })
    }

    fn exchange(&self, secrets: &[String], times: &mut Times) {
        let mut caller = Caller::new(self.at);
        for secret in secrets.iter().cycle() {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let phase = usize::from(self.phase.load(Ordering::Relaxed));
            let begun = now();
            match exchange(&mut caller, secret) {
                Reply::Answer(answer) if answer.status == 200 => {
                    let micros = u64::try_from((now() - begun).as_micros()).unwrap_or(u64::MAX);
                    // It grows to what it is given.
                    let _ = times[phase].record(micros);
                }
                Reply::Answer(answer) => {
                    let text = format!("an exchange was answered {}", answer.status);
                    self.tally.violation(Count::Unexpected, &text);
                }
                Reply::Unsent | Reply::Lost => {
                    let text = "an exchange was not answered";
                    self.tally.violation(Count::Unexpected, text);
                }
            }
            thread::sleep(PAUSE);
        }
    }

    /// Adds how long they took, with the limit.
    pub fn tell(&self, trial: &mut Trial) -> Result<()> {
        let mut all: Times = [Histogram::new(3)?, Histogram::new(3)?];
        for (_, times) in &self.secrets {
            for (sum, one) in all.iter_mut().zip(&*times.lock()) {
                sum.add(one)?;
            }
        }
        for (times, phase) in all.iter().zip(["alone", "beside the sign-ins"]) {
            let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|part| milliseconds(times, part));
            trial.note(format!(
                "{} exchanges {phase}: p50 {p50} ms, p99 {p99} ms, longest {longest} ms",
                times.len()
            ));
        }
        let [alone, beside] = all.map(|times| times.value_at_quantile(0.99));
        trial.check(
            format!(
                "99 of 100 exchanges took at most {TIMES_LONGER} times as long beside the sign-ins ({:.1})",
                ratio(beside, alone)
            ),
            alone > 0 && beside <= TIMES_LONGER * alone,
        );
        Ok(())
    }
}
