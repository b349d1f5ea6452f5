//! Programs of other projects that the checks need.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use sha2::{Digest, Sha512};

use crate::process::Signals;
use crate::workspace;

/// The version that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// `cargo-deny` with its first argument. It is installed inside `target` if it is missing.
pub fn cargo_deny(signals: &Signals) -> Result<Command> {
    let tools = workspace::root().join("target/tools");
    let program = tools.join("bin/cargo-deny");
    if !is_deny(&program) {
        eprintln!("Installing cargo-deny {CARGO_DENY} into target/tools ...");
        cargo_install("cargo-deny", CARGO_DENY, &[], &tools, signals)?;
    }
    Ok(workspace::command(&program.to_string_lossy()))
}

/// Installs this version of a package into `folder`, with its programs in the `bin` there. `flags`
/// are options of the installation.
pub fn cargo_install(
    package: &str,
    version: &str,
    flags: &[&str],
    folder: &Path,
    signals: &Signals,
) -> Result<()> {
    let mut install = workspace::command("cargo");
    install.args([
        "install",
        "--quiet",
        "--locked",
        "--force",
        "--version",
        version,
        "--root",
    ]);
    install.arg(folder).args(flags).arg(package);
    signals
        .succeed(&mut install)
        .with_context(|| format!("{package} is missing and could not be installed"))
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

/// Whether `program` is in the search path and works.
pub fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// SHA-512, in lower-case hexadecimal.
pub fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

/// Bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn is_deny(program: &PathBuf) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout)
            .trim()
            .ends_with(CARGO_DENY)
    })
}
