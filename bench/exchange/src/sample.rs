//! One measurement of one program.

use std::time::Duration;

use anyhow::Result;

use crate::http::Request;
use crate::load::{Load, Measured, Pace};
use crate::program::Program;

/// How a program is loaded.
#[derive(Clone, Copy)]
pub struct Settings {
    pub connections: usize,
    pub warm_up: Duration,
    pub length: Duration,
    pub seed: u64,
}

/// The result of one measurement of a program.
#[derive(Clone, Copy)]
pub struct Sample {
    /// How many requests were answered in a second.
    pub rate: f64,
    /// The processor time that the program used for each request, in microseconds, without that of
    /// its database.
    pub processor_us: f64,
    /// `None` for a program without requests.
    pub latency: Option<Latency>,
    /// The share of the time in which a load with a rate did not run, in percent.
    pub away_percent: f64,
}

/// The latencies of one measurement, in milliseconds.
#[derive(Clone, Copy)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Sample {
    /// Puts load on it and reads its figures. The warm-up isn't counted.
    pub fn take(
        program: &Program,
        requests: &[Request],
        pace: Pace,
        settings: Settings,
    ) -> Result<Self> {
        let Settings {
            connections, seed, ..
        } = settings;
        let mut load = Load::connect(program.address(), connections, requests, seed)?;
        let timed = load.run(pace, settings.warm_up).and_then(|_| {
            let before = program.processor_time()?;
            let measured = load.run(pace, settings.length)?;
            let after = program.processor_time()?;
            Ok(Self::of(&measured, after.saturating_sub(before)))
        });
        timed.map_err(|error| match program.ending() {
            Some(ending) => error.context(ending),
            None => error,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    fn of(measured: &Measured, processor_time: Duration) -> Self {
        let Measured {
            requests,
            latencies,
            away,
            elapsed,
        } = measured;
        Self {
            rate: measured.rate(),
            processor_us: processor_time.as_secs_f64() * 1e6 / *requests as f64,
            latency: Some(Latency {
                p50: latencies.at(0.5),
                p99: latencies.at(0.99),
                max: latencies.max(),
            }),
            away_percent: 100.0 * away.as_secs_f64() / elapsed.as_secs_f64(),
        }
    }
}
