//! The rate of minting alone, without a server.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::cores::Cores;
use crate::sample::Sample;

/// The rate of a program that only mints on the server's core, for this long.
pub fn mint(programs: &Path, length: Duration, cores: Cores) -> Result<Sample> {
    let mut command = Command::new(programs.join("bench-floor"));
    command
        .args(["mint", "--seconds", &length.as_secs_f64().to_string()])
        .stdout(Stdio::piped());
    let output = cores.start(&mut command)?.wait_with_output()?;
    let minted: Minted = serde_json::from_slice(&output.stdout).context("minting failed")?;
    Ok(Sample {
        rate: minted.tokens / minted.seconds,
        processor_us: minted.processor_seconds * 1e6 / minted.tokens,
        latency: None,
        away_percent: 0.0,
    })
}

#[derive(Deserialize)]
struct Minted {
    tokens: f64,
    seconds: f64,
    processor_seconds: f64,
}
