//! How long single things take.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

use crate::figure::Figure;

/// The longest latency that is recorded exactly, in nanoseconds: a minute.
pub const LONGEST: u64 = 60_000_000_000;

/// Durations, to three digits.
pub struct Latencies(Histogram<u64>);

impl Latencies {
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST, 3)?))
    }

    pub fn record(&mut self, latency: Duration) -> Result<()> {
        let nanoseconds = u64::try_from(latency.as_nanos())?;
        self.0.record(nanoseconds.clamp(1, LONGEST))?;
        Ok(())
    }

    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// In milliseconds; `quantile` is 0 to 1.
    pub fn at(&self, quantile: f64) -> f64 {
        milliseconds(self.0.value_at_quantile(quantile))
    }

    /// The longest latency, in milliseconds.
    pub fn max(&self) -> f64 {
        milliseconds(self.0.max())
    }

    /// Adds the latencies of another.
    pub fn add(&mut self, other: &Self) -> Result<()> {
        Ok(self.0.add(&other.0)?)
    }

    /// p50, p99 and the maximum, as figures with this name.
    pub fn figures(&self, name: &str) -> [Figure; 3] {
        [
            ("p50", self.at(0.5)),
            ("p99", self.at(0.99)),
            ("longest", self.max()),
        ]
        .map(|(which, value)| Figure::new(format!("{name}, {which}"), value, "ms"))
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 ns")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}
