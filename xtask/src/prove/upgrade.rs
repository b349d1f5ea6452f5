//! An upgrade from the release before, whose programs are built here.

use std::path::PathBuf;
use std::process::ExitStatus;

use anyhow::Result;

use super::programs::{PRODUCT, Run, tell};
use super::tried::{Tried, ensure_servers};
use crate::process::Signals;
use crate::workspace;

/// The last commit before rows were tagged with the event that wrote them. An upgrade begins with
/// it.
const FORMER: &str = "9f0bd39";

/// Takes over a database of that release.
pub fn run(
    chosen: &[Tried],
    former: Option<&PathBuf>,
    rows: u32,
    run: &Run,
    signals: &Signals,
) -> Result<ExitStatus> {
    let chosen = ensure_servers(chosen, signals)?;
    let former = match former {
        Some(folder) => folder.canonicalize()?,
        None => build_former(signals)?,
    };
    let mut command = workspace::command("env");
    tell(&mut command, "upgrade", run, signals)?;
    command.arg("--former").arg(former);
    command.arg("--rows").arg(rows.to_string());
    for tried in chosen {
        command.args(["--database", tried.name()]);
    }
    signals.run(&mut command)
}

/// Builds the programs of the earlier release in a work tree of their own. Returns their folder.
fn build_former(signals: &Signals) -> Result<PathBuf> {
    let target = workspace::metadata()?.target_directory;
    let tree = target.join("former");
    if !tree.join("Cargo.toml").is_file() {
        let mut add = workspace::command("git");
        add.args(["worktree", "add", "--force", "--detach"]);
        signals.succeed(add.arg(&tree).arg(FORMER))?;
    }
    let mut build = workspace::command("cargo");
    build
        .current_dir(&tree)
        // It is built once and never debugged. This takes a third of the space.
        .envs([("CARGO_PROFILE_DEV_DEBUG", "0"), ("CARGO_INCREMENTAL", "0")])
        .arg("build")
        .arg("--target-dir")
        .arg(tree.join("target"));
    for package in PRODUCT {
        build.args(["--package", package]);
    }
    signals.succeed(&mut build)?;
    Ok(tree.join("target/debug").into())
}
