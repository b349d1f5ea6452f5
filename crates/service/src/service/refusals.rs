//! Logs refusals as sums, because otherwise an attacker could fill the log.

use std::collections::HashMap;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Neighbourhood, Tally};
use parking_lot::Mutex;

use crate::change::{Change, Draft, Taken};
use crate::service::error::Error;
use crate::service::security::SECURITY;

/// The shortest time between two events about the same address.
const EVENT_EVERY: Duration = Duration::from_hours(1);
/// How many addresses get an event in an hour. The log's sums include the others.
const MOST_ADDRESSES: usize = 100;

/// A kind of refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A sign-in with a wrong name or password.
    SignIn,
    /// A sign-in after too many failures.
    SignInLimited,
    /// A request with something that is not a working secret.
    Exchange,
    /// The same after too many failures.
    ExchangeLimited,
}

impl Refusal {
    const ALL: [Self; 4] = [
        Self::SignIn,
        Self::SignInLimited,
        Self::Exchange,
        Self::ExchangeLimited,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-ins failed",
            Self::SignInLimited => "sign-ins were refused after too many failures",
            Self::Exchange => "requests with invalid personal access tokens failed",
            Self::ExchangeLimited => {
                "requests with invalid personal access tokens were refused after too many failures"
            }
        }
    }
}

/// Counts refusals by kind, until their sums are logged.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    tallies: [Tally; Refusal::ALL.len()],
    latest: Option<Neighbourhood>,
    limited: HashMap<Neighbourhood, Limited>,
}

/// Refusals of an address after too many failures.
struct Limited {
    unrecorded: u64,
    recorded_at: Option<Duration>,
}

impl Refusals {
    pub(crate) fn count(&self, refusal: Refusal, from: Neighbourhood, now: Duration) {
        let mut counted = self.0.lock();
        counted.latest = Some(from);
        let sum = counted.tallies[refusal as usize].count(now);
        if refusal == Refusal::SignInLimited {
            let has_room = counted.limited.len() < MOST_ADDRESSES;
            if has_room || counted.limited.contains_key(&from) {
                let limited = counted.limited.entry(from).or_insert(Limited {
                    unrecorded: 0,
                    recorded_at: None,
                });
                limited.unrecorded += 1;
            }
        }
        drop(counted);
        if let Some(sum) = sum {
            say(refusal, sum, Some(from));
        }
    }

    /// Logs the sums that are due.
    pub(crate) fn log_due(&self, now: Duration) {
        let mut counted = self.0.lock();
        let latest = counted.latest;
        let due = Refusal::ALL.map(|refusal| (refusal, counted.tallies[refusal as usize].due(now)));
        drop(counted);
        for (refusal, sum) in due {
            if let Some(sum) = sum {
                say(refusal, sum, latest);
            }
        }
    }

    /// The addresses that the event log must get at `now`, each with its sum.
    pub(crate) fn due(&self, now: Duration) -> Vec<(Neighbourhood, u64)> {
        let mut counted = self.0.lock();
        let mut due = Vec::new();
        counted.limited.retain(|from, limited| {
            let waits = limited
                .recorded_at
                .is_some_and(|recorded_at| now.saturating_sub(recorded_at) < EVENT_EVERY);
            if waits {
                return true;
            }
            if limited.unrecorded == 0 {
                // The hour is over, and there was nothing more.
                return false;
            }
            due.push((*from, std::mem::take(&mut limited.unrecorded)));
            limited.recorded_at = Some(now);
            true
        });
        due
    }
}

fn say(refusal: Refusal, sum: u64, latest: Option<Neighbourhood>) {
    let latest = latest.map(tracing::field::display);
    tracing::warn!(target: SECURITY, sum, latest, "{}", refusal.as_str());
}

/// Records that addresses guess.
pub(crate) struct RecordGuessing {
    pub(crate) due: Vec<(Neighbourhood, u64)>,
}

impl Change for RecordGuessing {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        for (from, sum) in &self.due {
            draft.record(
                draft
                    .entry(EventKind::SignInsRefused, &"address")
                    .detail("Refused", *sum)
                    .personal("Address", from.to_string()),
            );
        }
        Ok(((), Taken::Nothing))
    }
}
