//! The crowd: programs that exchange, people who sign in, change things and read lists.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};
use parking_lot::Mutex;
use serde_json::json;

use super::times::{Class, Phase, Times};
use crate::clock::now;
use crate::http::{Caller, Reply, expect};
use crate::installation::Installation;
use crate::load::{FIRST_PASSWORD, Person, add_user, exchange, made};
use crate::tally::{Count, Tally};

/// Threads that exchange, each over its part of the connections.
const EXCHANGERS: usize = 16;
/// The pause after an exchange: with 2,000 connections, each exchanges every five seconds.
const PAUSE: Duration = Duration::from_millis(40);
/// Users who change things, and as many who read lists.
const CHANGERS: usize = 12;
/// Users who sign in. They are others, because a user may have 100 sessions only.
const VISITORS: usize = 10;
/// The tokens that are exchanged.
const TOKENS: usize = 40;
/// How many sign in at once, each from an address of its own.
const SIGN_INS: u8 = 200;
/// After a refusal, somebody who changes or reads waits this long, as a person does.
const AFTER_REFUSAL: Duration = Duration::from_millis(100);

/// A change that was acknowledged.
pub struct Kept {
    secret: String,
    is_revoked: bool,
    /// Whether nobody knows, because the answer to the revocation was 503.
    is_uncertain: bool,
}

/// Everybody, and what they know.
pub struct Crowd<'a> {
    at: SocketAddr,
    tally: &'a Tally,
    connections: usize,
    secrets: Vec<String>,
    changers: Vec<Mutex<Person>>,
    readers: Vec<Mutex<Person>>,
    phase: AtomicU8,
    stop: AtomicBool,
    /// How many connections were opened and used.
    pub opened: AtomicU64,
    /// What was acknowledged.
    pub kept: Mutex<Vec<Kept>>,
    /// How long everything took.
    pub times: Times,
}

impl<'a> Crowd<'a> {
    /// Makes the users and the tokens.
    pub fn new(installation: &Installation, connections: usize, tally: &'a Tally) -> Result<Self> {
        let at = installation.address();
        let mut people = Vec::new();
        for number in 0..2 * CHANGERS {
            // Each reader is a changer in another session.
            let name = format!("person-{}", number % CHANGERS);
            if number < CHANGERS {
                add_user(installation, &name)?;
            }
            let mut person = Person::new(name, at);
            expect(person.sign_in(FIRST_PASSWORD), 200)?;
            people.push(person);
        }
        for number in 0..VISITORS {
            add_user(installation, &format!("visitor-{number}"))?;
        }
        let secrets = (0..TOKENS).map(|number| {
            let owner = &mut people[number % CHANGERS];
            made(owner.create(&format!("exchanged {number}")))
        });
        let secrets = secrets.collect::<Result<_>>()?;
        let readers = people.split_off(CHANGERS);
        Ok(Self {
            at,
            tally,
            connections,
            secrets,
            changers: people.into_iter().map(Mutex::new).collect(),
            readers: readers.into_iter().map(Mutex::new).collect(),
            phase: AtomicU8::new(Phase::Calm as u8),
            stop: AtomicBool::new(false),
            opened: AtomicU64::new(0),
            kept: Mutex::default(),
            times: Times::default(),
        })
    }

    /// From now on, it is this phase.
    pub fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed))]
    }

    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Exchanges while `meanwhile` runs, and the rest once it is no longer calm.
    pub fn run<T>(&self, meanwhile: impl FnOnce() -> Result<T>) -> Result<T> {
        thread::scope(|scope| -> Result<T> {
            let mut running = Vec::new();
            for part in 0..EXCHANGERS {
                running.push(scope.spawn(move || self.exchange(part)));
            }
            for changer in &self.changers {
                running.push(scope.spawn(|| self.change(&mut changer.lock())));
            }
            for reader in &self.readers {
                running.push(scope.spawn(|| self.read(&mut reader.lock())));
            }
            running.push(scope.spawn(|| self.sign_in_in_waves()));
            let outcome = meanwhile();
            self.stop.store(true, Ordering::Relaxed);
            for one in running {
                let Ok(ended) = one.join() else {
                    bail!("somebody of the crowd died");
                };
                ended?;
            }
            outcome
        })
    }

    fn wait_for_load(&self) {
        while self.goes_on() && self.phase() == Phase::Calm {
            thread::sleep(PAUSE);
        }
    }

    /// One request, with its time in the phase in which it began.
    fn timed(&self, class: Class, call: impl FnOnce() -> Reply) -> Result<(Phase, Reply)> {
        let (phase, begun) = (self.phase(), now());
        let reply = call();
        self.times.note(phase, class, now() - begun, &reply)?;
        Ok((phase, reply))
    }

    /// Exchanges over its connections, one after the other.
    fn exchange(&self, part: usize) -> Result<()> {
        let callers = (part..self.connections).step_by(EXCHANGERS);
        let mut callers: Vec<_> = callers.map(|_| Caller::new(self.at)).collect();
        let mut used = vec![false; callers.len()];
        let mut turn = part;
        while self.goes_on() {
            let index = turn % callers.len();
            let secret = &self.secrets[turn % self.secrets.len()];
            turn += 1;
            let caller = &mut callers[index];
            let (phase, reply) = self.timed(Class::Exchange, || exchange(caller, secret))?;
            match reply {
                Reply::Answer(answer) if answer.status == 200 => {
                    if !std::mem::replace(&mut used[index], true) {
                        self.opened.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Reply::Answer(answer) => {
                    let text = format!("an exchange was answered {} ({phase:?})", answer.status);
                    self.tally.violation(Count::Unexpected, &text);
                }
                Reply::Unsent | Reply::Lost => {
                    let text = format!("an exchange was not answered ({phase:?})");
                    self.tally.violation(Count::Unexpected, &text);
                }
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Makes a token and revokes every second one.
    fn change(&self, person: &mut Person) -> Result<()> {
        self.wait_for_load();
        for number in 0_u64.. {
            if !self.goes_on() {
                break;
            }
            let name = format!("of the load {number}");
            let (_, reply) = self.timed(Class::Creation, || person.create(&name))?;
            let Reply::Answer(answer) = reply else {
                self.tally.add(Count::Unanswered);
                continue;
            };
            match answer.status {
                201 => {}
                503 => {
                    self.tally.add(Count::Refused);
                    thread::sleep(AFTER_REFUSAL);
                    continue;
                }
                // An earlier one of unknown outcome has the name.
                409 => continue,
                status => {
                    let text = format!("a creation was answered {status}: {}", answer.text());
                    self.tally.violation(Count::Unexpected, &text);
                    continue;
                }
            }
            self.tally.add(Count::Acknowledged);
            let data = answer.json()["Data"].take();
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let (id, secret) = (text(&data["Token"]["Id"]), text(&data["Secret"]));
            let mut kept = Kept {
                secret,
                is_revoked: false,
                is_uncertain: false,
            };
            if number % 2 == 1 {
                let (_, reply) = self.timed(Class::Revocation, || person.revoke(&id))?;
                match reply {
                    Reply::Answer(answer) if answer.status == 200 => {
                        self.tally.add(Count::Acknowledged);
                        kept.is_revoked = true;
                    }
                    _ => kept.is_uncertain = true,
                }
            }
            self.kept.lock().push(kept);
        }
        Ok(())
    }

    fn read(&self, person: &mut Person) -> Result<()> {
        self.wait_for_load();
        while self.goes_on() {
            let (_, reply) = self.timed(Class::List, || person.page(1))?;
            let is_done = matches!(reply, Reply::Answer(answer) if answer.status == 200);
            if !is_done {
                thread::sleep(AFTER_REFUSAL);
            }
        }
        Ok(())
    }

    /// Lets 200 people sign in at once, again and again.
    fn sign_in_in_waves(&self) -> Result<()> {
        self.wait_for_load();
        while self.goes_on() {
            thread::scope(|scope| -> Result<()> {
                let mut wave = Vec::new();
                for number in 0..SIGN_INS {
                    let sign_in = move || self.sign_in(number);
                    let thread = thread::Builder::new().stack_size(128 * 1024);
                    wave.push(thread.spawn_scoped(scope, sign_in)?);
                }
                for one in wave {
                    let Ok(ended) = one.join() else {
                        bail!("somebody who signs in died");
                    };
                    ended?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn sign_in(&self, number: u8) -> Result<()> {
        let name = format!("visitor-{}", usize::from(number) % VISITORS);
        let body = json!({"UserName": name, "Password": FIRST_PASSWORD});
        let mut caller = Caller::from(Ipv4Addr::new(127, 79, 0, number), self.at);
        let sign_in = || caller.post_json("/api/session", &[], &body);
        let (_, reply) = self.timed(Class::SignIn, sign_in)?;
        match reply {
            Reply::Answer(answer) if !matches!(answer.status, 200 | 429 | 503) => {
                let text = format!("a sign-in was answered {}", answer.status);
                self.tally.violation(Count::Unexpected, &text);
            }
            Reply::Answer(_) => {}
            Reply::Unsent | Reply::Lost => self.tally.add(Count::Unanswered),
        }
        Ok(())
    }

    /// Exchanges every token whose change was acknowledged.
    pub fn audit(&self) -> Result<u64> {
        let mut caller = Caller::new(self.at);
        let kept = self.kept.lock();
        for one in kept.iter().filter(|one| !one.is_uncertain) {
            let (expected, what) = if one.is_revoked {
                (401, Count::Stale)
            } else {
                (200, Count::Lost)
            };
            let Reply::Answer(answer) = exchange(&mut caller, &one.secret) else {
                bail!("an exchange of the audit was not answered");
            };
            self.tally.add(Count::Audited);
            if answer.status != expected {
                let text = format!("a token answers {} instead of {expected}", answer.status);
                self.tally.violation(what, &text);
            }
        }
        Ok(kept.len() as u64)
    }
}
