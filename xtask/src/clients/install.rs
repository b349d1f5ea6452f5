//! The places of documents, tools and clients, and whether they are up to date.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Result, bail};

use crate::process::Signals;
use crate::tools::sha512;
use crate::workspace;

/// The file in a client's folder that says what the client was made from.
pub const MADE_FROM: &str = ".made-from";

/// The path of the checked-in document.
pub fn document() -> PathBuf {
    workspace::root().join("docs/openapi.json")
}

/// Where tools of this kind are installed.
pub fn tools(kind: &str) -> PathBuf {
    workspace::root().join("target/tools/clients").join(kind)
}

/// Whether `folder` was filled from sources with this digest.
pub fn is_from(folder: &Path, digest: &str) -> bool {
    std::fs::read_to_string(folder.join(MADE_FROM)).is_ok_and(|kept| kept == digest)
}

/// Installs into `folder` by `install`, unless the same `versions` are already there.
pub fn install(
    folder: &Path,
    versions: &[&str],
    install: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let wanted = digest(versions.iter().map(|text| text.as_bytes()));
    if is_from(folder, &wanted) {
        return Ok(());
    }
    eprintln!("Installing into {} ...", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    install()?;
    if !folder.is_dir() {
        bail!("nothing was installed into {}", folder.display());
    }
    std::fs::write(folder.join(MADE_FROM), wanted)?;
    Ok(())
}

/// Installs the packages of an npm lock file into `folder`, unless they are already there. No
/// package may run a script of its own.
pub fn npm(folder: &Path, package: &str, lock: &str, signals: &Signals) -> Result<()> {
    install(folder, &[package, lock], || {
        std::fs::write(folder.join("package.json"), package)?;
        std::fs::write(folder.join("package-lock.json"), lock)?;
        let mut npm = workspace::command("npm");
        npm.args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--silent",
        ]);
        npm.current_dir(folder).stdin(Stdio::null());
        signals.succeed(&mut npm)
    })
}

/// One digest of several texts.
pub fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> String {
    let mut all = Vec::new();
    for part in parts {
        // With its length, so that nothing can move from one part to the next without a change.
        all.extend(part.len().to_le_bytes());
        all.extend(part);
    }
    sha512(&all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(parts: &[&str]) -> String {
        digest(parts.iter().map(|part| part.as_bytes()))
    }

    #[test]
    fn a_change_of_any_part_is_seen() {
        let kept = of(&["document", "versions"]);
        assert_eq!(kept, of(&["document", "versions"]));
        for other in [
            &["document", "version"][..],
            &["documentv", "ersions"],
            &["versions", "document"],
        ] {
            assert_ne!(kept, of(other), "{other:?}");
        }
    }

    #[test]
    fn no_lock_file_of_npm_names_a_registry() {
        let mut folders = vec![workspace::root().join("xtask/src")];
        let mut locks = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.ends_with("package-lock.json") {
                    locks += 1;
                    let lock = std::fs::read_to_string(&path).unwrap();
                    assert!(!lock.contains("\"resolved\""), "{}", path.display());
                }
            }
        }
        assert!(locks > 1, "{locks}");
    }

    #[test]
    fn what_was_installed_from_the_same_versions_stays() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tools");
        let mut installed = Vec::new();
        for versions in ["1", "1", "2"] {
            install(&folder, &[versions], || {
                installed.push(versions);
                Ok(())
            })
            .unwrap();
        }
        assert_eq!(installed, ["1", "2"]);
    }

    #[test]
    fn what_failed_to_install_is_installed_again() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("tools");
        install(&folder, &["1"], || bail!("no network")).unwrap_err();
        let mut again = false;
        install(&folder, &["1"], || {
            again = true;
            Ok(())
        })
        .unwrap();
        assert!(again);
    }
}
