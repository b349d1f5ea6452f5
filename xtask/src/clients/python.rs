//! Generators and libraries from PyPI, in the versions and with the hashes of
//! `versions/requirements.txt`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::install::{install, tools};
use crate::process::Signals;
use crate::workspace;

const REQUIREMENTS: &str = include_str!("versions/requirements.txt");
const KIND: &str = "python";

/// Whether virtual environments can be made. Debian has a separate package for that.
pub fn has_venv() -> bool {
    let mut python = Command::new("python3");
    python
        .args(["-c", "import ensurepip, venv"])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

/// Installs them, if they are not there.
pub fn ensure(signals: &Signals) -> Result<()> {
    packages(&tools(KIND), REQUIREMENTS, signals)
}

/// Installs the packages of these requirements into `folder`, if they are not there.
pub fn packages(folder: &Path, requirements: &str, signals: &Signals) -> Result<()> {
    install(folder, &[requirements], || {
        let mut venv = workspace::command("python3");
        signals.succeed(venv.args(["-m", "venv"]).arg(folder))?;
        let file = folder.join("requirements.txt");
        std::fs::write(&file, requirements)?;
        let mut pip = program_in(folder, "pip");
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--require-hashes",
            "--only-binary=:all:",
            "--requirement",
        ]);
        signals.succeed(pip.arg(file))
    })
}

/// One of the programs. It finds the others.
pub fn program(name: &str) -> Command {
    program_in(&tools(KIND), name)
}

/// One of the programs in `folder`. It finds the others.
#[expect(
    clippy::disallowed_methods,
    reason = "they look for each other where programs are looked for"
)]
pub fn program_in(folder: &Path, name: &str) -> Command {
    let programs = folder.join("bin");
    let mut command = workspace::command(&programs.join(name).to_string_lossy());
    let others = std::env::var_os("PATH").unwrap_or_default();
    let search = std::iter::once(programs).chain(std::env::split_paths(&others));
    let search: Vec<PathBuf> = search.collect();
    if let Ok(path) = std::env::join_paths(search) {
        command.env("PATH", path);
    }
    command.stdin(Stdio::null());
    command
}
