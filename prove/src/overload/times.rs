//! How long the requests of each class took, and how they were answered.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use parking_lot::Mutex;

use crate::figures::milliseconds;
use crate::http::Reply;

/// A class of work.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    Exchange,
    SignIn,
    Creation,
    Revocation,
    List,
}

/// What happens meanwhile.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Phase {
    /// Only exchanges.
    Calm,
    /// Everything at once.
    Load,
    /// The same on a full disk.
    Full,
    /// The same after the disk has room again.
    After,
}

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Self; 4] = [Self::Calm, Self::Load, Self::Full, Self::After];
}

/// The requests of one class in one phase.
#[derive(Clone, Default)]
pub struct Requests {
    /// In microseconds; only of those that succeeded.
    pub done: Option<Histogram<u64>>,
    /// How long the slowest refusal took.
    pub slowest_refusal: Duration,
    /// By HTTP status and response code. Status 0 is no answer.
    pub refused: BTreeMap<(u16, u64), u64>,
}

impl Requests {
    /// The part of them that took at most so long, in microseconds. 0 if none succeeded.
    pub fn took(&self, part: f64) -> u64 {
        let done = self.done.as_ref();
        done.map_or(0, |done| done.value_at_quantile(part))
    }

    /// How many were refused or not answered.
    pub fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }

    fn told(&self) -> String {
        let done = match &self.done {
            Some(done) => format!(
                "{} done, p50 {} ms, p99 {} ms, longest {} ms",
                done.len(),
                milliseconds(done, 0.5),
                milliseconds(done, 0.99),
                milliseconds(done, 1.0),
            ),
            None => "none done".to_owned(),
        };
        let refused: Vec<_> = self
            .refused
            .iter()
            .map(|((status, code), many)| format!("{many} × {status}/{code}"))
            .collect();
        if refused.is_empty() {
            return done;
        }
        let slowest = self.slowest_refusal.as_millis();
        format!(
            "{done}; refused {}, the slowest after {slowest} ms",
            refused.join(", ")
        )
    }
}

/// The times of all threads.
#[derive(Default)]
pub struct Times(Mutex<BTreeMap<(Phase, Class), Requests>>);

impl Times {
    /// Notes a request and its answer.
    pub fn note(&self, phase: Phase, class: Class, took: Duration, reply: &Reply) -> Result<()> {
        let mut all = self.0.lock();
        let requests = all.entry((phase, class)).or_default();
        let refused = match reply {
            Reply::Answer(answer) if (200..400).contains(&answer.status) => {
                let micros = u64::try_from(took.as_micros())?.max(1);
                let done = match &mut requests.done {
                    Some(done) => done,
                    none => none.insert(Histogram::new(3)?),
                };
                done.record(micros)?;
                return Ok(());
            }
            Reply::Answer(answer) => (answer.status, answer.code()),
            Reply::Unsent | Reply::Lost => (0, 0),
        };
        *requests.refused.entry(refused).or_default() += 1;
        requests.slowest_refusal = requests.slowest_refusal.max(took);
        Ok(())
    }

    /// Those of one class in one phase.
    pub fn of(&self, phase: Phase, class: Class) -> Requests {
        let all = self.0.lock();
        all.get(&(phase, class)).cloned().unwrap_or_default()
    }

    /// A line for each class in each phase.
    pub fn told(&self) -> Vec<String> {
        let all = self.0.lock();
        all.iter()
            .map(|((phase, class), requests)| format!("{phase:?}, {class:?}: {}", requests.told()))
            .collect()
    }
}
