//! The figures: for the terminal, for the file, and for the verdict.

use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};
use serde::Serialize;

use super::contender::Name;
use super::contender_figures::{ContenderFigures, spread};
use super::ratio::{Ratio, Round, ratios};
use crate::figure::verdict;
use crate::output::write_json;
use crate::sample::{Latency, Sample};
use crate::statistics::Spread;

/// The highest allowed p99 at half of the peak rate, in milliseconds.
const HALF_PEAK_P99_MS: f64 = 1.0;

#[derive(Serialize)]
pub struct Report {
    pub rounds: usize,
    pub seconds: f64,
    pub connections: usize,
    pub tokens: usize,
    pub seed: u64,
    pub contenders: Vec<ContenderFigures>,
    pub ratios: Vec<Ratio>,
    pub half_peaks: Vec<HalfPeak>,
    /// Notes that a reader needs.
    pub notes: Vec<String>,
}

/// A contender at half of its peak rate. Requests are sent whether or not the earlier ones were
/// answered.
#[derive(Serialize)]
pub struct HalfPeak {
    pub name: &'static str,
    pub rate: f64,
    pub p50_ms: Spread,
    pub p99_ms: Spread,
    pub max_ms: Spread,
    /// The share of the time in which the load itself did not run and so sent no requests.
    pub load_away_percent: Spread,
    /// Of the hot exchange.
    pub target_p99_ms: Option<f64>,
    pub met: bool,
}

impl HalfPeak {
    /// The spread of the samples. `None` without any.
    pub fn of(name: Name, samples: &[Sample]) -> Option<Self> {
        let latency = |figure: fn(&Latency) -> f64| {
            Spread::of(
                samples
                    .iter()
                    .filter_map(|one| one.latency.as_ref().map(figure)),
            )
        };
        let p99_ms = latency(|one| one.p99)?;
        let target_p99_ms = (name == Name::Hot).then_some(HALF_PEAK_P99_MS);
        Some(Self {
            name: name.text(),
            rate: Spread::of(samples.iter().map(|sample| sample.rate))?.median,
            p50_ms: latency(|one| one.p50)?,
            max_ms: latency(|one| one.max)?,
            load_away_percent: Spread::of(samples.iter().map(|sample| sample.away_percent))?,
            target_p99_ms,
            met: target_p99_ms.is_none_or(|target| p99_ms.median <= target),
            p99_ms,
        })
    }
}

impl Report {
    /// The ratios of these rounds.
    pub fn ratios(rounds: &[Round]) -> Vec<Ratio> {
        ratios(rounds)
    }

    /// Writes it as JSON to `path`.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_json(path, self)
    }

    /// Fails if a target was missed.
    pub fn judge(&self) -> Result<()> {
        let ratios = self.ratios.iter().filter(|ratio| !ratio.met);
        let mut missed: Vec<_> = ratios.map(|ratio| ratio.name.as_str()).collect();
        if self.half_peaks.iter().any(|half| !half.met) {
            missed.push("p99 at half of the peak rate");
        }
        if missed.is_empty() {
            Ok(())
        } else {
            bail!("not reached: {}", missed.join("; "))
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} rounds of {} s each, {} connections, {} credentials; the program on one core, the load on another.\n\
             Medians over the rounds (least to most).\n",
            self.rounds, self.seconds, self.connections, self.tokens
        )?;
        writeln!(
            f,
            "{:<26}{:>26}{:>28}{:>9}{:>9}{:>9}{:>9}",
            "", "requests/s", "µs of processor each", "p50 ms", "p99 ms", "max ms", "RSS MiB"
        )?;
        for row in &self.contenders {
            writeln!(f, "{row}")?;
        }
        writeln!(
            f,
            "\n{:<42}{:>24}{:>24}{:>9}",
            "ratio", "by rate", "by processor time", "target"
        )?;
        for ratio in &self.ratios {
            writeln!(
                f,
                "{:<42}{:>24}{:>24}{:>9}  {}",
                ratio.name,
                spread(ratio.rate, 2),
                spread(ratio.processor, 2),
                format!("≥ {}", ratio.target),
                verdict(ratio.met)
            )?;
        }
        writeln!(
            f,
            "\n{:<26}{:>12}{:>24}{:>26}{:>26}{:>18}",
            "at half of the peak", "requests/s", "p50 ms", "p99 ms", "max ms", "load away %"
        )?;
        for half in &self.half_peaks {
            writeln!(f, "{half}")?;
        }
        for note in &self.notes {
            write!(f, "\n- {note}")?;
        }
        Ok(())
    }
}

impl fmt::Display for HalfPeak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<26}{:>12.0}{:>24}{:>26}{:>26}{:>18}",
            self.name,
            self.rate,
            spread(self.p50_ms, 3),
            spread(self.p99_ms, 3),
            spread(self.max_ms, 2),
            spread(self.load_away_percent, 1)
        )?;
        match self.target_p99_ms {
            Some(target) => write!(f, "  p99 ≤ {target} ms: {}", verdict(self.met)),
            None => Ok(()),
        }
    }
}
