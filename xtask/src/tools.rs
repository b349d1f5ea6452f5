//! Programs of others that the checks need.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::process::Signals;
use crate::workspace;

/// The version that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// `cargo-deny` with its first argument, installed inside `target` where it is missing.
pub fn cargo_deny(signals: &Signals) -> Result<Command> {
    let tools = workspace::root().join("target/tools");
    let program = tools.join("bin/cargo-deny");
    if !is_deny(&program) {
        eprintln!("Installing cargo-deny {CARGO_DENY} into target/tools ...");
        let mut install = workspace::command("cargo");
        install.args([
            "install",
            "--quiet",
            "--locked",
            "--force",
            "--version",
            CARGO_DENY,
            "--root",
        ]);
        install.arg(&tools).arg("cargo-deny");
        signals
            .succeed(&mut install)
            .context("cargo-deny is missing and could not be installed")?;
    }
    Ok(workspace::command(&program.to_string_lossy()))
}

/// Whether `cargo nextest` is there.
pub fn has_nextest() -> bool {
    let mut command = workspace::command("cargo");
    command
        .args(["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn is_deny(program: &PathBuf) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .ends_with(CARGO_DENY)
    })
}
