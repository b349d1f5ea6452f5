//! Pictures of the pages for the documentation.

use std::process::Stdio;

use anyhow::{Context, Result};

use crate::process::Signals;
use crate::{browser, workspace};

/// Arguments of `cargo xtask screenshots`.
#[derive(clap::Args)]
pub struct Arguments {
    /// Picture each page in Chromium, Firefox and WebKit, light and dark, in four widths, into
    /// target/pictures. Half an hour; to be looked at, not to be kept
    #[arg(long)]
    every_engine: bool,
    /// Only these scenes, such as `new-token`
    scenes: Vec<String>,
}

/// Writes `docs/screenshots/` again from the current pages, or pictures them in every engine.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    browser::ensure(&signals)?;
    let folder = if arguments.every_engine {
        "target/pictures"
    } else {
        "docs/screenshots"
    };
    let folder = workspace::root().join(folder);
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    let mut example = workspace::command("cargo");
    example
        .args(["run", "--quiet", "--package", "ats-pat-server"])
        .args(["--example", "screenshots", "--"])
        .arg(&folder)
        .args(arguments.every_engine.then_some("--every-engine"))
        .args(&arguments.scenes)
        .stdin(Stdio::null());
    signals.succeed(&mut example)
}
