//! Generators and libraries from npm, in the versions of `versions/package-lock.json`.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::install::{document, npm, tools};
use crate::process::Signals;
use crate::workspace;

const PACKAGE: &str = include_str!("versions/package.json");
const LOCK: &str = include_str!("versions/package-lock.json");
/// The oldest Node.js that all of them support.
const OLDEST: (u32, u32) = (20, 19);
const KIND: &str = "node";

/// Installs them, if they are not there.
pub fn ensure(signals: &Signals) -> Result<()> {
    let output = Command::new("node").arg("--version").output();
    let version = output.context("Node.js is missing")?.stdout;
    let version = String::from_utf8_lossy(&version);
    if numbers(&version) < OLDEST {
        let (major, minor) = OLDEST;
        bail!("Node.js {major}.{minor} or newer is needed, and this is {version}");
    }
    npm(&tools(KIND), PACKAGE, LOCK, signals)
}

/// Lets programs in `target/clients` find the libraries, as if they were installed there.
pub fn link(clients: &Path) -> Result<()> {
    let link = clients.join("node_modules");
    if !link.exists() {
        // After `target/tools` was deleted, a link that leads nowhere is in the way.
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(tools(KIND).join("node_modules"), &link)
            .with_context(|| format!("cannot link {}", link.display()))?;
    }
    Ok(())
}

/// One of the programs.
pub fn program(name: &str) -> Command {
    let program = tools(KIND).join("node_modules/.bin").join(name);
    let mut command = workspace::command(&program.to_string_lossy());
    command.stdin(Stdio::null());
    command
}

/// Checks the document with the rules that Redocly recommends. A warning is a failure.
pub fn lint(signals: &Signals) -> Result<()> {
    let mut redocly = program("redocly");
    redocly
        .args(["lint", "--extends", "recommended-strict"])
        .arg(document())
        // Its file `.redocly.lint-ignore.yaml` counts where the command runs.
        .current_dir(workspace::root().join("docs"))
        .env("REDOCLY_TELEMETRY", "off")
        .env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    signals.succeed(&mut redocly)
}

/// The first two numbers of `v20.20.2`.
fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(numbers("v20.20.2\n"), (20, 20));
        assert!(numbers("v18.20.4") < OLDEST);
        assert!(numbers("v100.0.0") > OLDEST);
        assert!(numbers("") < OLDEST);
    }
}
