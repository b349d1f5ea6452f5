//! A client: one user, who changes tokens at random and remembers every answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use hdrhistogram::Histogram;

use super::ended::Ended;
use super::person::Person;
use super::verdict::{Verdict, judge};
use crate::clock::now;
use crate::http::{Answer, Reply};
use crate::installation::Installation;
use crate::model::{Change, Token};
use crate::tally::{Count, Tally};

/// The pause after a missing answer, so that a server that is down doesn't get a thousand requests
/// a second.
const AFTER_DOUBT: Duration = Duration::from_millis(20);
/// The maximum number of active tokens, so that revocations keep pace.
const MOST_ACTIVE: usize = 40;
/// Per thousand turns, the number of changes of the password, and of changes of whether the user
/// may sign in.
const ACCOUNT_TURNS: usize = 4;

/// The data that all clients of a run share.
pub struct Shared {
    /// The counts of all clients together.
    pub tally: Tally,
    /// The secrets that ended.
    pub ended: Ended,
}

/// One client, with a user and tokens of its own.
pub struct Worker {
    pub(super) person: Person,
    pub(super) tokens: Vec<Token>,
    pub(super) shared: Arc<Shared>,
    pub(super) installation: Arc<Installation>,
    pub(super) rng: Rng,
    /// A password that an unanswered change may have set.
    pub(super) other_password: Option<String>,
    /// Whether the session must be valid, if there is one.
    pub(super) is_session_certain: bool,
    /// Whether the user is certainly enabled.
    pub(super) is_enabled: bool,
    next: u64,
    /// How long changes took, answered or refused, in microseconds.
    pub(super) latencies: Histogram<u64>,
}

impl Worker {
    /// A client for an existing user.
    pub fn new(
        name: String,
        installation: &Arc<Installation>,
        shared: &Arc<Shared>,
        rng: Rng,
    ) -> Result<Self> {
        Ok(Self {
            person: Person::new(name, installation.address()),
            tokens: Vec::new(),
            shared: Arc::clone(shared),
            installation: Arc::clone(installation),
            rng,
            other_password: None,
            is_session_certain: true,
            is_enabled: true,
            next: 0,
            latencies: Histogram::new(3)?,
        })
    }

    /// Changes things until `stop`.
    pub fn run(&mut self, stop: &AtomicBool) -> Result<()> {
        self.person.hang_up();
        while !stop.load(Ordering::Relaxed) {
            let went_well = self.turn()?;
            if !went_well {
                thread::sleep(AFTER_DOUBT);
            }
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<bool> {
        if !self.is_enabled {
            return self.enable();
        }
        if !self.person.is_signed_in() {
            return Ok(self.sign_in());
        }
        if self.rng.usize(..1000) < ACCOUNT_TURNS {
            return match self.rng.usize(..4) {
                0 => self.disable(),
                _ => Ok(self.change_password()),
            };
        }
        let active: Vec<_> = (0..self.tokens.len())
            .filter(|index| self.tokens[*index].is_usable())
            .collect();
        let kind = self.rng.usize(..100);
        match self.rng.choice(&active).copied() {
            Some(token) if kind < 35 => self.regenerate(token),
            Some(token) if kind < 60 || active.len() > MOST_ACTIVE => self.revoke(token),
            _ => self.create(),
        }
    }

    fn create(&mut self) -> Result<bool> {
        self.next += 1;
        let mut token = Token::new(format!("{} {}", self.person.name, self.next));
        let verdict = self.timed(|person| person.create(&token.name))?;
        let went_well = match verdict {
            Verdict::Done(answer) => {
                let data = answer.json()["Data"].take();
                let text = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
                token.created(text(&data["Token"]["Id"]), text(&data["Secret"]));
                true
            }
            Verdict::Unknown => {
                token.doubt(Change::Create);
                false
            }
            other => return Ok(self.not_done(other, &token.name, "creation")),
        };
        self.tokens.push(token);
        Ok(went_well)
    }

    fn regenerate(&mut self, index: usize) -> Result<bool> {
        let id = self.tokens[index].id.clone().unwrap_or_default();
        let verdict = self.timed(|person| person.regenerate(&id))?;
        let token = &mut self.tokens[index];
        match verdict {
            Verdict::Done(answer) => {
                let data = answer.json()["Data"].take();
                let secret = data["Secret"].as_str().unwrap_or("").to_owned();
                if let Some(ended) = token.regenerated(secret) {
                    let what = format!("{}, regenerated", token.name);
                    self.shared.ended.add(ended, what);
                }
                Ok(true)
            }
            Verdict::Unknown => {
                token.doubt(Change::Regenerate);
                Ok(false)
            }
            other => {
                let name = token.name.clone();
                self.tokens[index].is_touched = true;
                Ok(self.not_done(other, &name, "regeneration"))
            }
        }
    }

    fn revoke(&mut self, index: usize) -> Result<bool> {
        let id = self.tokens[index].id.clone().unwrap_or_default();
        let verdict = self.timed(|person| person.revoke(&id))?;
        let token = &mut self.tokens[index];
        match verdict {
            Verdict::Done(_) => {
                if let Some(ended) = token.revoked() {
                    let what = format!("{}, revoked", token.name);
                    self.shared.ended.add(ended, what);
                }
                Ok(true)
            }
            Verdict::Unknown => {
                token.doubt(Change::Revoke);
                Ok(false)
            }
            other => {
                let name = token.name.clone();
                self.tokens[index].is_touched = true;
                Ok(self.not_done(other, &name, "revocation"))
            }
        }
    }

    /// Sends a change. Measures and counts its answer.
    fn timed(&mut self, send: impl FnOnce(&mut Person) -> Reply) -> Result<Verdict> {
        let begun = now();
        let reply = send(&mut self.person);
        let took = now() - begun;
        if matches!(reply, Reply::Answer(_)) {
            let took = u64::try_from(took.as_micros())?;
            self.latencies.record(took.max(1))?;
        }
        let verdict = judge(reply, &self.shared.tally);
        if matches!(verdict, Verdict::Done(_)) {
            self.shared.tally.add(Count::Acknowledged);
        }
        Ok(verdict)
    }

    /// A change that did not happen.
    fn not_done(&mut self, verdict: Verdict, name: &str, what: &str) -> bool {
        match verdict {
            Verdict::SignedOut => self.signed_out(),
            Verdict::Refused(answer) => self.unexpected(&answer, &format!("{what} of {name}")),
            Verdict::Done(_) | Verdict::Unknown | Verdict::Not => {}
        }
        false
    }

    pub(super) fn signed_out(&mut self) {
        if self.is_session_certain && self.person.is_signed_in() {
            let text = format!("the session of {} is gone", self.person.name);
            self.shared.tally.violation(Count::Lost, &text);
        }
        self.person.forget_session();
    }

    pub(super) fn unexpected(&self, answer: &Answer, what: &str) {
        let Answer { status, .. } = answer;
        let text = format!("{what} answered {status}, {}", answer.text());
        self.shared.tally.violation(Count::Unexpected, &text);
    }
}
