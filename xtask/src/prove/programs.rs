//! The programs of a run, and what every part takes.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use cargo_metadata::camino::Utf8PathBuf;

use crate::process::Signals;
use crate::workspace;

const PROVE: &str = "prove";
/// The programs of the product.
pub const PRODUCT: [&str; 2] = ["ats-pat-server", "ats-pat-admin"];

/// What every part takes.
#[derive(clap::Args)]
pub struct Run {
    /// How long each database, or kind of attack, is tried [default: 75, Galera 60, restarts 30,
    /// sign-ins 60, guessed passwords 120, overload 40 before the disk is full; each step of
    /// `beside` 8]
    #[arg(long)]
    pub seconds: Option<u64>,
    /// The seed of an earlier run
    #[arg(long)]
    pub seed: Option<u64>,
    /// A folder with ats-pat-server and ats-pat-admin; without it they are built
    #[arg(long, value_name = "DIR")]
    pub programs: Option<PathBuf>,
}

/// Builds what is needed, and adds the program and its arguments to `command`.
pub fn tell(command: &mut Command, part: &str, run: &Run, signals: &Signals) -> Result<()> {
    let target = workspace::metadata()?.target_directory;
    let built = target.join("debug");
    let programs = if let Some(folder) = &run.programs {
        Utf8PathBuf::try_from(folder.clone())?
    } else {
        build(&PRODUCT, signals)?;
        built.clone()
    };
    let programs = programs
        .canonicalize_utf8()
        .with_context(|| format!("{programs} is not there"))?;
    build(&[PROVE], signals)?;
    command.arg(built.join(PROVE)).arg(part);
    command.arg("--programs").arg(programs);
    command.arg("--output").arg(target.join("prove"));
    for (flag, value) in [("--seconds", run.seconds), ("--seed", run.seed)] {
        if let Some(value) = value {
            command.arg(flag).arg(value.to_string());
        }
    }
    command.stdin(Stdio::null());
    Ok(())
}

/// Builds these packages, in debug mode.
pub fn build(packages: &[&str], signals: &Signals) -> Result<()> {
    let mut build = workspace::command("cargo");
    build.arg("build");
    for package in packages {
        build.args(["--package", package]);
    }
    signals.succeed(&mut build)
}
