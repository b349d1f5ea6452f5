//! The quick check: what can be known of a change within a minute.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;

use crate::process::Signals;
use crate::steps::{self, step};
use crate::{comments, layers, names, tools, workspace};

/// Arguments of `cargo xtask check`.
#[derive(clap::Args)]
pub struct Arguments {
    /// The commit that the work tree is compared with
    #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
    since: String,
}

/// Checks format, layers, comments and warnings, and runs the unit tests of the crates that
/// changed.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    let metadata = workspace::metadata()?;
    let changed = changed_packages(&metadata, &changed_files(&arguments.since)?);
    steps::format(&signals)?;
    step("layers", layers::check)?;
    step("width of comments", comments::check)?;
    step("names in pages", names::check)?;
    steps::clippy(&signals)?;
    if changed.is_empty() {
        eprintln!("\nNo crate changed since {}.", arguments.since);
        return Ok(());
    }
    step("unit tests of what changed", || {
        unit_tests(&changed, &signals)
    })
}

/// The files that differ from a commit, and those that are new, relative to the root.
fn changed_files(since: &str) -> Result<BTreeSet<String>> {
    let mut files = lines_of_git(&["diff", "--name-only", "--relative", since])?;
    files.extend(lines_of_git(&[
        "ls-files",
        "--others",
        "--exclude-standard",
    ])?);
    Ok(files)
}

fn lines_of_git(arguments: &[&str]) -> Result<BTreeSet<String>> {
    let output = workspace::command("git")
        .args(arguments)
        .output()
        .context("git does not run")?;
    if !output.status.success() {
        bail!("git: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines.lines().map(ToOwned::to_owned).collect())
}

/// The packages to which the files belong.
fn changed_packages(metadata: &Metadata, files: &BTreeSet<String>) -> BTreeSet<String> {
    let root = metadata.workspace_root.as_std_path();
    let packages = metadata.workspace_packages();
    files
        .iter()
        .filter_map(|file| {
            let folders = Path::new(file).ancestors().skip(1);
            folders.into_iter().find_map(|folder| {
                let manifest = root.join(folder).join("Cargo.toml");
                packages
                    .iter()
                    .find(|package| package.manifest_path.as_std_path() == manifest)
            })
        })
        .map(|package| package.name.to_string())
        .collect()
}

/// With the features of the whole workspace, so that nothing is built again with other features.
fn unit_tests(packages: &BTreeSet<String>, signals: &Signals) -> Result<()> {
    let mut command = workspace::command("cargo");
    if tools::has_nextest() {
        let filters: Vec<_> = packages
            .iter()
            .map(|package| format!("package({package})"))
            .collect();
        command.args(["nextest", "run", "--workspace", "--lib", "--bins"]);
        command.args(["--no-tests", "pass"]);
        command.args(["--filterset", &filters.join(" or ")]);
    } else {
        command.args(["test", "--workspace", "--lib", "--bins"]);
    }
    signals.succeed(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_the_package_around_it() {
        let files = [
            "crates/domain/src/port/store.rs",
            "xtask/src/main.rs",
            "docs/architecture.md",
            "bins/admin/tests/snapshots/users.snap",
        ];
        let files = files.map(ToOwned::to_owned).into();
        let changed = changed_packages(&workspace::metadata().unwrap(), &files);
        assert_eq!(
            Vec::from_iter(changed),
            ["ats-pat-admin", "ats-pat-domain", "xtask"]
        );
    }
}
