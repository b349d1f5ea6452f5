//! People who make, use and revoke other tokens, and how long that takes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;
use parking_lot::Mutex;

use super::scene::PEOPLE;
use crate::clock::now;
use crate::figures::{milliseconds, ratio};
use crate::http::{Caller, Reply, expect};
use crate::load::{FIRST_PASSWORD, Person, exchange, made};
use crate::report::Trial;
use crate::tally::{Count, Tally};

/// How many tokens each exchanging caller has.
const TOKENS: usize = 20;
/// The pause after an exchange, so that the load is the same with and without a job.
const BETWEEN_EXCHANGES: Duration = Duration::from_millis(4);
/// The pause after a change.
const BETWEEN_CHANGES: Duration = Duration::from_millis(250);
/// So long after a kill other servers may wait for the lease of the one that is gone.
const AFTERMATH: Duration = Duration::from_secs(10);

/// The longest that 99 of 100 other changes may take meanwhile.
const MOST_CHANGE: Duration = Duration::from_millis(500);
/// How many times longer than else 99 of 100 exchanges may take.
const TIMES_LONGER: u64 = 2;

/// What happens beside the work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// Nothing happens beside the work.
    Alone,
    /// A job revokes tokens.
    Beside,
    /// A job, and a server was killed a moment ago.
    AfterKill,
}

const PHASES: [Phase; 3] = [Phase::Alone, Phase::Beside, Phase::AfterKill];

/// How long something took in each phase, in microseconds.
type Times = [Histogram<u64>; 3];

/// The work whose times are measured: changes and exchanges.
pub struct Load<'a> {
    tally: &'a Tally,
    /// Where each of them works.
    changing: Vec<(Mutex<Person>, Mutex<Times>)>,
    exchanging: Vec<(SocketAddr, Vec<String>, Mutex<Times>)>,
    phase: AtomicU8,
    killed_at: Mutex<Option<Instant>>,
    stop: AtomicBool,
}

impl<'a> Load<'a> {
    /// Signs everybody in, and makes tokens.
    pub fn new(servers: &[SocketAddr], tally: &'a Tally) -> Result<Self> {
        let (mut changing, mut exchanging) = (Vec::new(), Vec::new());
        for (number, name) in PEOPLE.into_iter().enumerate() {
            let at = servers[number % servers.len()];
            let mut person = Person::new(name.to_owned(), at);
            expect(person.sign_in(FIRST_PASSWORD), 200)?;
            let mut secrets = Vec::new();
            for token in 0..TOKENS {
                secrets.push(made(person.create(&format!("of {token}")))?);
            }
            changing.push((Mutex::new(person), Mutex::new(times()?)));
            exchanging.push((at, secrets, Mutex::new(times()?)));
        }
        Ok(Self {
            tally,
            changing,
            exchanging,
            phase: AtomicU8::new(0),
            killed_at: Mutex::new(None),
            stop: AtomicBool::new(false),
        })
    }

    /// Lets everybody work while `meanwhile` runs.
    pub fn run<T>(&self, meanwhile: impl FnOnce() -> Result<T>) -> Result<T> {
        thread::scope(|scope| {
            for (person, times) in &self.changing {
                scope.spawn(|| self.change(&mut person.lock(), &mut times.lock()));
            }
            for (at, secrets, times) in &self.exchanging {
                scope.spawn(|| self.exchange(*at, secrets, &mut times.lock()));
            }
            let outcome = meanwhile();
            self.stop.store(true, Ordering::Relaxed);
            outcome
        })
    }

    /// Notes from now on what takes place in this phase.
    pub fn begin(&self, phase: Phase) {
        if phase == Phase::AfterKill {
            *self.killed_at.lock() = Some(now());
        }
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Forgets a kill some time after it.
    pub fn settle(&self) {
        let killed_at = *self.killed_at.lock();
        if killed_at.is_some_and(|at| now() - at > AFTERMATH) {
            self.begin(Phase::Beside);
        }
    }

    fn note(&self, times: &mut Times, begun: Instant) {
        let phase = usize::from(self.phase.load(Ordering::Relaxed));
        let micros = u64::try_from((now() - begun).as_micros()).unwrap_or(u64::MAX);
        // It grows to what it is given.
        let _ = times[phase].record(micros);
    }

    fn change(&self, person: &mut Person, times: &mut Times) {
        for number in 0_u64.. {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            // Whether an earlier one is gone, is not known when a server was killed.
            let name = format!("soon gone {number}");
            let begun = now();
            if let Some(id) = self.judge(201, person.create(&name), times, begun) {
                let begun = now();
                self.judge(200, person.revoke(&id), times, begun);
            }
            thread::sleep(BETWEEN_CHANGES);
        }
    }

    /// Counts the change. The id of the token that it made, if it made one.
    fn judge(
        &self,
        status: u16,
        reply: Reply,
        times: &mut Times,
        begun: Instant,
    ) -> Option<String> {
        match reply {
            Reply::Answer(answer) if answer.status == status => {
                self.note(times, begun);
                self.tally.add(Count::Acknowledged);
                let id = &answer.json()["Data"]["Token"]["Id"];
                id.as_str().map(ToOwned::to_owned)
            }
            Reply::Answer(answer) if answer.status == 503 => {
                self.tally.add(Count::Refused);
                None
            }
            Reply::Answer(answer) => {
                let text = format!("a change was answered {}: {}", answer.status, answer.text());
                self.tally.violation(Count::Unexpected, &text);
                None
            }
            Reply::Unsent | Reply::Lost => {
                self.tally.add(Count::Unanswered);
                None
            }
        }
    }

    fn exchange(&self, at: SocketAddr, secrets: &[String], times: &mut Times) {
        let mut caller = Caller::new(at);
        for secret in secrets.iter().cycle() {
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            let begun = now();
            match exchange(&mut caller, secret) {
                Reply::Answer(answer) if answer.status == 200 => self.note(times, begun),
                Reply::Answer(answer) if answer.status == 503 => self.tally.add(Count::Refused),
                Reply::Answer(answer) => {
                    let text = format!("an exchange was answered {}", answer.status);
                    self.tally.violation(Count::Unexpected, &text);
                }
                Reply::Unsent | Reply::Lost => self.tally.add(Count::Unanswered),
            }
            thread::sleep(BETWEEN_EXCHANGES);
        }
    }

    /// Adds how long everything took, with the limits.
    pub fn tell(&self, trial: &mut Trial) -> Result<()> {
        let changes = sum(self.changing.iter().map(|(_, times)| times))?;
        let exchanges = sum(self.exchanging.iter().map(|(_, _, times)| times))?;
        for (what, times) in [("changes", &changes), ("exchanges", &exchanges)] {
            for (phase, times) in PHASES.iter().zip(times) {
                let [p50, p99, longest] = [0.5, 0.99, 1.0].map(|part| milliseconds(times, part));
                trial.note(format!(
                    "{} {what} {}: p50 {p50} ms, p99 {p99} ms, longest {longest} ms",
                    times.len(),
                    phase.name()
                ));
            }
        }
        let [alone, beside, _] = &exchanges;
        let [alone, beside] = [alone, beside].map(|times| times.value_at_quantile(0.99));
        trial.check(
            format!(
                "99 of 100 exchanges took at most {TIMES_LONGER} times as long beside the job ({:.1})",
                ratio(beside, alone)
            ),
            alone > 0 && beside <= TIMES_LONGER * alone,
        );
        let most = MOST_CHANGE;
        let p99 = changes[1].value_at_quantile(0.99);
        trial.check(
            format!(
                "99 of 100 changes took at most {} ms beside the job",
                most.as_millis()
            ),
            !changes[1].is_empty() && u128::from(p99) <= most.as_micros(),
        );
        Ok(())
    }

    /// The tokens that no longer work, in words.
    pub fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (at, secrets, _) in &self.exchanging {
            for secret in secrets {
                if let Err(error) = expect(exchange(&mut Caller::new(*at), secret), 200) {
                    broken.push(format!("{error:#}"));
                }
            }
        }
        broken
    }
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Alone => "without a job",
            Self::Beside => "beside the job",
            Self::AfterKill => "beside the job within 10 s of a kill",
        }
    }
}

fn times() -> Result<Times> {
    Ok([Histogram::new(3)?, Histogram::new(3)?, Histogram::new(3)?])
}

fn sum<'a>(all: impl Iterator<Item = &'a Mutex<Times>>) -> Result<Times> {
    let mut sum = times()?;
    for one in all {
        for (sum, one) in sum.iter_mut().zip(&*one.lock()) {
            sum.add(one)?;
        }
    }
    Ok(sum)
}
