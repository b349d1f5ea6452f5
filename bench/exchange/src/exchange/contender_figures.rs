//! The figures of one contender.

use std::fmt;

use serde::Serialize;

use super::contender::Name;
use super::ratio::Round;
use crate::program::mebibytes;
use crate::sample::{Latency, Sample};
use crate::statistics::Spread;

/// The figures of one contender, over all rounds.
#[derive(Serialize)]
pub struct ContenderFigures {
    pub name: &'static str,
    /// How many requests it answers in a second.
    pub rate: Spread,
    /// Processor time of the program per request.
    pub processor_us: Spread,
    /// Latencies at the peak, which means with every connection busy.
    pub p50_ms: Option<Spread>,
    pub p99_ms: Option<Spread>,
    pub max_ms: Option<Spread>,
    /// Resident memory after the load.
    pub resident_mib: Option<f64>,
}

impl ContenderFigures {
    /// The figures of a contender that took part in every round.
    pub fn of(name: Name, rounds: &[Round], resident_kib: Option<u64>) -> Option<Self> {
        let samples: Vec<Sample> = rounds.iter().filter_map(|round| round.of(name)).collect();
        let of = |figure: fn(&Sample) -> f64| Spread::of(samples.iter().map(figure));
        let latency = |figure: fn(&Latency) -> f64| {
            Spread::of(
                samples
                    .iter()
                    .filter_map(|one| one.latency.as_ref().map(figure)),
            )
        };
        Some(Self {
            name: name.text(),
            rate: of(|sample| sample.rate)?,
            processor_us: of(|sample| sample.processor_us)?,
            p50_ms: latency(|one| one.p50),
            p99_ms: latency(|one| one.p99),
            max_ms: latency(|one| one.max),
            resident_mib: resident_kib.map(mebibytes),
        })
    }
}

impl fmt::Display for ContenderFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |figure: Option<f64>, digits| {
            figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
        };
        let median = |spread: Option<Spread>| figure(spread.map(|spread| spread.median), 3);
        write!(
            f,
            "{:<26}{:>26}{:>28}{:>9}{:>9}{:>9}{:>9}",
            self.name,
            spread(self.rate, 0),
            spread(self.processor_us, 1),
            median(self.p50_ms),
            median(self.p99_ms),
            median(self.max_ms),
            figure(self.resident_mib, 1)
        )
    }
}

/// The median with the lowest and the highest value.
pub fn spread(spread: Spread, digits: usize) -> String {
    let Spread { median, min, max } = spread;
    format!("{median:.digits$} ({min:.digits$} to {max:.digits$})")
}
