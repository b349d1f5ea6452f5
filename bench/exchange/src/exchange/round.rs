//! One look at one contender.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::contender::Contender;
use crate::cores::Cores;
use crate::load::{Load, Measured, Pace};

/// How a contender is loaded.
#[derive(Clone, Copy)]
pub struct Settings {
    pub connections: usize,
    pub warm_up: Duration,
    pub length: Duration,
    pub seed: u64,
}

/// What one look at a contender gave.
#[derive(Clone, Copy)]
pub struct Sample {
    /// Requests per second.
    pub rate: f64,
    /// The processor time that the program used for each of them, in microseconds; not what its database used.
    pub processor_us: f64,
    /// Latencies, in milliseconds; none of a contender without requests.
    pub latency: Option<Latency>,
}

/// Latencies, in milliseconds.
#[derive(Clone, Copy)]
pub struct Latency {
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Contender {
    /// Loads it and looks at what it did; the warm-up is not counted.
    pub fn sample(&self, pace: Pace, settings: Settings) -> Result<Sample> {
        let Settings {
            connections, seed, ..
        } = settings;
        let address = self.program.address();
        let mut load = Load::connect(address, connections, &self.requests, seed)?;
        let mut timed = || {
            load.run(pace, settings.warm_up)?;
            let before = self.program.processor_time()?;
            let measured = load.run(pace, settings.length)?;
            let after = self.program.processor_time()?;
            anyhow::Ok((measured, after.saturating_sub(before)))
        };
        let (measured, processor_time) = timed().with_context(|| self.name.text())?;
        Ok(Sample::of(&measured, processor_time))
    }
}

impl Sample {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    fn of(measured: &Measured, processor_time: Duration) -> Self {
        let quantile = |quantile| milliseconds(measured.latencies.value_at_quantile(quantile));
        Self {
            rate: measured.rate(),
            processor_us: processor_time.as_secs_f64() * 1e6 / measured.requests as f64,
            latency: Some(Latency {
                p50: quantile(0.5),
                p99: quantile(0.99),
                max: milliseconds(measured.latencies.max()),
            }),
        }
    }

    /// Of minting without HTTP, which is a program that ends.
    pub fn of_minting(programs: &Path, length: Duration, cores: Cores) -> Result<Self> {
        let mut command = Command::new(programs.join("bench-floor"));
        command
            .args(["mint", "--seconds", &length.as_secs_f64().to_string()])
            .stdout(Stdio::piped());
        let output = cores.start(&mut command)?.wait_with_output()?;
        let minted: Minted = serde_json::from_slice(&output.stdout).context("minting failed")?;
        Ok(Self {
            rate: minted.tokens / minted.seconds,
            processor_us: minted.processor_seconds * 1e6 / minted.tokens,
            latency: None,
        })
    }
}

#[derive(Deserialize)]
struct Minted {
    tokens: f64,
    seconds: f64,
    processor_seconds: f64,
}

#[expect(clippy::cast_precision_loss, reason = "latencies far below 2^52 ns")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}
