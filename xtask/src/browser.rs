//! The programs that the tests of the pages need: Chromium, Firefox and WebKit with their drivers,
//! axe-core, the checkers of HTML, and an identity provider.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::process::Signals;
use crate::tools::{cargo_install, runs, sha512};
use crate::{apt, html_checkers, identity_provider, workspace};

/// The driver of Firefox, which Debian does not have.
const GECKODRIVER: &str = "0.37.1";
/// MiniBrowser, which comes with the driver of WebKit. The driver starts it.
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/// The version of axe-core. The tests read it, too.
const AXE_CORE: &str = include_str!("../../crates/test-support/src/browser/axe-core.version");
/// SHA-512 of its `axe.min.js`. With it, the file that runs is the one that was reviewed, whichever
/// registry it came from.
const AXE_CORE_SHA512: &str = "e63e659f9806d7ae5bd40899043b0871a5062c5442b01b3f1a3edf5eaf50bf5c\
                               3a7104a72463293b4ad1b77c661a0d4e40e850dec89de9d6ece70a8c13a9af17";

/// Makes sure that all of it is there: installs or downloads what is missing, or says what to do.
pub fn ensure(signals: &Signals) -> Result<()> {
    let needs_axe = !has_axe(&axe_file());
    let lacking = [
        ("chromium", apt::find("chromium").is_none()),
        ("chromium-driver", apt::find("chromedriver").is_none()),
        ("firefox-esr", apt::find("firefox-esr").is_none()),
        (
            "webkit2gtk-driver",
            apt::find("WebKitWebDriver").is_none() || !Path::new(MINI_BROWSER).is_file(),
        ),
        ("xvfb", apt::find("Xvfb").is_none()),
        ("npm", !runs("npm")),
        ("default-jre-headless", !runs("java")),
    ];
    let missing: Vec<_> = lacking
        .into_iter()
        .filter_map(|(package, lacks)| lacks.then_some(package))
        .collect();
    apt::ensure(
        &missing,
        "leave the browser out with `--no-browser`",
        signals,
    )?;
    ensure_geckodriver(signals)?;
    html_checkers::ensure(signals)?;
    identity_provider::ensure(signals)?;
    if needs_axe {
        fetch_axe(signals).context("axe-core is missing and could not be fetched")?;
    }
    Ok(())
}

/// Installs geckodriver inside `target` if it is missing.
fn ensure_geckodriver(signals: &Signals) -> Result<()> {
    let tools = workspace::root().join("target/tools");
    let program = tools.join("bin/geckodriver");
    let output = Command::new(program).arg("--version").output();
    let version = format!("geckodriver {GECKODRIVER}");
    let is_there = output.is_ok_and(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines()
            .next()
            .is_some_and(|line| line.starts_with(&version))
    });
    if is_there {
        return Ok(());
    }
    eprintln!("Installing geckodriver {GECKODRIVER} into target/tools ...");
    cargo_install("geckodriver", GECKODRIVER, &[], &tools, signals)
}

fn version() -> &'static str {
    AXE_CORE.trim()
}

fn axe_file() -> std::path::PathBuf {
    let folder = format!("target/tools/axe-core-{}", version());
    workspace::root().join(folder).join("axe.min.js")
}

/// Downloads axe-core from npm's configured registry. Its licence is MPL-2.0, so it stays in
/// `target`. It is never committed, and is part of no build.
fn fetch_axe(signals: &Signals) -> Result<()> {
    eprintln!("Fetching axe-core {} into target/tools ...", version());
    let destination = axe_file();
    let tools = workspace::root().join("target/tools");
    std::fs::create_dir_all(&tools)?;
    let folder = tempfile::tempdir_in(&tools)?;
    let mut npm = workspace::command("npm");
    npm.args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--no-update-notifier",
        "--silent",
        "--prefix",
    ]);
    npm.arg(folder.path())
        .arg(format!("axe-core@{}", version()))
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    signals.succeed(&mut npm)?;
    let package = folder.path().join("node_modules/axe-core");
    if !has_axe(&package.join("axe.min.js")) {
        bail!("what npm fetched is not axe-core {}", version());
    }
    let home = destination.with_file_name("");
    std::fs::create_dir_all(&home)?;
    std::fs::copy(package.join("LICENSE"), home.join("LICENSE"))?;
    // First under another name, so that a file with the final name is complete.
    let beside = home.join("axe.min.js.new");
    std::fs::copy(package.join("axe.min.js"), &beside)?;
    std::fs::rename(&beside, &destination)?;
    Ok(())
}

fn has_axe(file: &Path) -> bool {
    std::fs::read(file).is_ok_and(|bytes| sha512(&bytes) == AXE_CORE_SHA512)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_altered_axe_core_is_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("axe.min.js");
        assert!(!has_axe(&file));
        std::fs::write(&file, "alert(1)").unwrap();
        assert!(!has_axe(&file));
    }

    #[test]
    fn digests_are_written_as_the_pinned_one() {
        assert!(sha512(b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
        assert_eq!(AXE_CORE_SHA512.len(), sha512(b"").len());
    }
}
