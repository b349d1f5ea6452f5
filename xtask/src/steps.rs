//! The steps that several commands share. Each prints its name and how long it took.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process::Signals;
use crate::workspace;

/// Fails if a file is not formatted as `cargo fmt` does it.
pub fn format(signals: &Signals) -> Result<()> {
    step("format", || {
        let mut command = workspace::command("cargo");
        signals
            .succeed(command.args(["fmt", "--all", "--check"]))
            .context("run `cargo fmt --all`")
    })
}

/// Fails on every warning, also in tests and examples.
pub fn clippy(signals: &Signals) -> Result<()> {
    step("clippy", || {
        let mut command = workspace::command("cargo");
        command.args(["clippy", "--workspace", "--all-targets"]);
        signals.succeed(command.args(["--", "--deny", "warnings"]))
    })
}

/// Runs one check. Prints its name before and its time after.
#[expect(
    clippy::disallowed_methods,
    reason = "the seconds are for the person who waits"
)]
pub fn step(title: &str, check: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("\n== {title}");
    let start = Instant::now();
    let outcome = check();
    let seconds = start.elapsed().as_secs_f32();
    match outcome {
        Ok(()) => eprintln!("== {title}: passed in {seconds:.1} s"),
        Err(error) => bail!(
            "the check \"{title}\" failed after {seconds:.1} s, the rest was not run: {error:#}"
        ),
    }
    Ok(())
}
