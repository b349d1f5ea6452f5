//! Pictures of the pages for the documentation.

use std::process::Stdio;

use anyhow::{Context, Result};

use crate::process::Signals;
use crate::{browser, workspace};

/// Writes `docs/screenshots/` anew from the pages as they are.
pub fn run() -> Result<()> {
    let signals = Signals::watch()?;
    browser::ensure(&signals)?;
    let folder = workspace::root().join("docs/screenshots");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let mut example = workspace::command("cargo");
    example
        .args(["run", "--quiet", "--package", "ats-pat-server"])
        .args(["--example", "screenshots", "--"])
        .arg(&folder)
        .stdin(Stdio::null());
    signals.succeed(&mut example)
}
