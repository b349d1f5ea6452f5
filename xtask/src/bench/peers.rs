//! Other products from npm, in the versions of the lock files beside their scripts.

use std::process::Stdio;

use anyhow::{Context, Result};
use cargo_metadata::camino::{Utf8Path, Utf8PathBuf};

use crate::process::Signals;
use crate::workspace;

const PEERS: [&str; 2] = ["better-auth", "oidc-provider"];
const FILES: [&str; 3] = ["package.json", "package-lock.json", "server.mjs"];

/// Installs them into `figures`, if they are not there. Returns the folder that has a folder for
/// each.
pub fn ensure(figures: &Utf8Path, signals: &Signals) -> Result<Utf8PathBuf> {
    let all = figures.join("peers");
    for peer in PEERS {
        let (source, folder) = (
            workspace::root().join("bench/peers").join(peer),
            all.join(peer),
        );
        let lock = std::fs::read(source.join("package-lock.json"))
            .with_context(|| format!("{peer} is not pinned"))?;
        let installed = folder.join("node_modules/.package-lock-of-bench.json");
        let is_there = std::fs::read(&installed).is_ok_and(|found| found == lock);
        std::fs::create_dir_all(&folder)?;
        for file in FILES {
            std::fs::copy(source.join(file), folder.join(file))?;
        }
        if !is_there {
            eprintln!("Installing {peer} into {folder} ...");
            let mut npm = workspace::command("npm");
            npm.args([
                "ci",
                "--no-audit",
                "--no-fund",
                "--no-update-notifier",
                "--silent",
            ]);
            npm.current_dir(&folder).stdin(Stdio::null());
            signals.succeed(&mut npm)?;
            std::fs::write(&installed, lock)?;
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locks_pin_both_peers_and_name_no_registry() {
        for peer in PEERS {
            let folder = workspace::root().join("bench/peers").join(peer);
            let lock = std::fs::read_to_string(folder.join("package-lock.json")).unwrap();
            assert!(lock.contains(&format!("\"node_modules/{peer}\"")), "{peer}");
            assert!(!lock.contains("\"resolved\""), "{peer}");
        }
    }
}
