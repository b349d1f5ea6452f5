//! The generator of the Rust client.

use std::process::{Command, Stdio};

use anyhow::Result;

use super::install::{install, tools};
use crate::process::Signals;
use crate::tools::cargo_install;
use crate::workspace;

const VERSION: &str = include_str!("versions/cargo-progenitor");
const PACKAGE: &str = "cargo-progenitor";
const KIND: &str = "rust";

/// Installs it, if it is not there.
pub fn ensure(signals: &Signals) -> Result<()> {
    let folder = tools(KIND);
    install(&folder, &[VERSION], || {
        // It runs for a second, and optimising it takes minutes. `--debug` would change its output.
        let flags = ["--config", "profile.release.opt-level=0"];
        cargo_install(PACKAGE, VERSION.trim(), &flags, &folder, signals)
    })
}

/// The program, in the same way as `cargo progenitor` would start it.
pub fn program() -> Command {
    let program = tools(KIND).join("bin").join(PACKAGE);
    let mut command = workspace::command(&program.to_string_lossy());
    command.arg("progenitor").stdin(Stdio::null());
    command
}
