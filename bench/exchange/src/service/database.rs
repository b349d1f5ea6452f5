//! Databases of installations, on servers that other programs started.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The program that makes and fills databases. Only it has the drivers.
pub const PROGRAM: &str = "bench-database";

/// Makes an empty database beside the one at `url`. Returns its URL.
pub fn create(programs: &Path, url: &str, name: &str) -> Result<String> {
    let mut command = Command::new(programs.join(PROGRAM));
    command
        .args(["create", name])
        // With its password.
        .env("BENCH_DATABASE_URL", url)
        .stdout(Stdio::piped());
    let output = command
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .with_context(|| format!("cannot start {PROGRAM}"))?;
    if !output.status.success() {
        bail!("{PROGRAM} failed ({})", output.status);
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
