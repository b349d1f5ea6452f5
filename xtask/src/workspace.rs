//! The folder of the workspace, and commands that run there as if typed by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

/// The folder of the workspace's `Cargo.toml`.
pub fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// The content of its `Cargo.toml` files.
pub fn metadata() -> Result<Metadata> {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cannot read the workspace")
}

/// The names of all integration tests.
pub fn test_targets() -> Result<BTreeSet<String>> {
    let metadata = metadata()?;
    let targets = metadata
        .packages
        .iter()
        .flat_map(|package| &package.targets);
    Ok(targets
        .filter(|target| target.is_test())
        .map(|target| target.name.clone())
        .collect())
}

/// The folders with Rust files.
const FOLDERS: &[&str] = &["bench", "bins", "crates", "examples", "prove", "xtask"];

/// The names and texts of all Rust files. The names are relative to the root.
pub fn rust_files() -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        add_rust_files(folder, &mut files)?;
    }
    Ok(files)
}

fn add_rust_files(path: &str, files: &mut Vec<(String, String)>) -> Result<()> {
    let place = root().join(path);
    for entry in fs::read_dir(&place).with_context(|| format!("cannot read {path}"))? {
        let entry = entry?;
        let name = format!("{path}/{}", entry.file_name().display());
        if entry.file_type()?.is_dir() {
            add_rust_files(&name, files)?;
        } else if entry.path().extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(entry.path());
            let text = text.with_context(|| format!("cannot read {name}"))?;
            files.push((name, text));
        }
    }
    Ok(())
}

/// `program` in the workspace's root, without the variables that `cargo run` added to the
/// environment. A build script that watches one of them would otherwise run again, and so would the
/// crates that depend on it.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(set_by_cargo_run) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether `cargo run` sets this variable for the program it starts. Other variables that begin
/// with `CARGO_` (`CARGO_TARGET_DIR`, `CARGO_NET_OFFLINE`) are the developer's own.
fn set_by_cargo_run(name: &str) -> bool {
    matches!(
        name,
        "CARGO" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "OUT_DIR"
    ) || name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("xtask/Cargo.toml").is_file());
    }

    #[test]
    fn tests_of_every_crate_are_known() {
        let tests = test_targets().unwrap();
        assert!(
            tests.contains("tour") && tests.contains("conformance"),
            "{tests:?}"
        );
    }

    #[test]
    fn the_developers_own_settings_reach_the_command() {
        for kept in [
            "CARGO_TARGET_DIR",
            "CARGO_HOME",
            "CARGO_INCREMENTAL",
            "RUSTFLAGS",
            "PATH",
        ] {
            assert!(!set_by_cargo_run(kept), "{kept}");
        }
        for dropped in [
            "CARGO",
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
        ] {
            assert!(set_by_cargo_run(dropped), "{dropped}");
        }
    }
}
