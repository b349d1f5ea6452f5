//! Refusals: told in sums, because whoever guesses would otherwise write the log.

use std::collections::HashMap;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Neighbourhood, Tally};
use parking_lot::Mutex;

use crate::change::{Change, Draft, Taken};
use crate::service::error::Error;

/// How far apart the events of one address are.
const EVENT_EVERY: Duration = Duration::from_hours(1);
/// How many addresses have an event in an hour; the log's sums tell of the others.
const MOST_ADDRESSES: usize = 100;

/// What was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A sign-in with a wrong name or password.
    SignIn,
    /// A sign-in after too many that failed.
    SignInLimited,
    /// An exchange, or another use, of what is no secret that works.
    Exchange,
    /// The same after too many that failed.
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
            Self::Exchange => "uses of what is no working personal access token failed",
            Self::ExchangeLimited => {
                "uses of what is no working personal access token were refused after too many failures"
            }
        }
    }
}

/// Counts refusals.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    tallies: [Tally; Refusal::ALL.len()],
    latest: Option<Neighbourhood>,
    limited: HashMap<Neighbourhood, Limited>,
}

/// Refusals of one address after too many failures.
struct Limited {
    untold: u64,
    told_at: Option<Duration>,
}

impl Refusals {
    pub(crate) fn count(&self, refusal: Refusal, from: Neighbourhood, now: Duration) {
        let mut counted = self.0.lock();
        counted.latest = Some(from);
        let told = counted.tallies[refusal as usize].count(now);
        if refusal == Refusal::SignInLimited {
            let has_room = counted.limited.len() < MOST_ADDRESSES;
            if has_room || counted.limited.contains_key(&from) {
                let limited = counted.limited.entry(from).or_insert(Limited {
                    untold: 0,
                    told_at: None,
                });
                limited.untold += 1;
            }
        }
        drop(counted);
        if let Some(sum) = told {
            say(refusal, sum, Some(from));
        }
    }

    /// Tells the log of the sums whose time has come.
    pub(crate) fn tell(&self, now: Duration) {
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

    /// The addresses that the event log is to be told of at `now`, each with its sum.
    pub(crate) fn due(&self, now: Duration) -> Vec<(Neighbourhood, u64)> {
        let mut counted = self.0.lock();
        let mut due = Vec::new();
        counted.limited.retain(|from, limited| {
            let waits = limited
                .told_at
                .is_some_and(|told_at| now.saturating_sub(told_at) < EVENT_EVERY);
            if waits {
                return true;
            }
            if limited.untold == 0 {
                // Its hour is over, and nothing more came.
                return false;
            }
            due.push((*from, std::mem::take(&mut limited.untold)));
            limited.told_at = Some(now);
            true
        });
        due
    }
}

fn say(refusal: Refusal, sum: u64, latest: Option<Neighbourhood>) {
    let latest = latest.map(tracing::field::display);
    tracing::warn!(sum, latest, "{}", refusal.as_str());
}

/// Writes down that addresses guess.
pub(crate) struct TellOfGuessing {
    pub(crate) due: Vec<(Neighbourhood, u64)>,
}

impl Change for TellOfGuessing {
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
