//! Checks the pages by checkers and in browsers that are too slow, or too large, for every change.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::server::{self, Server};
use crate::clients::install::npm;
use crate::process::Signals;
use crate::steps::step;
use crate::{apt, workspace};

const PACKAGE: &str = include_str!("browsers/package.json");
const LOCK: &str = include_str!("browsers/package-lock.json");
/// The scripts. They are copied beside the packages, so that they find them.
const SCRIPTS: [(&str, &str); 4] = [
    ("site.mjs", include_str!("browsers/site.mjs")),
    ("pages.mjs", include_str!("browsers/pages.mjs")),
    ("look.mjs", include_str!("browsers/look.mjs")),
    ("older.mjs", include_str!("browsers/older.mjs")),
];

/// Fails if a page has a fault.
pub fn run(programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    let tools = workspace::root().join("target/tools/long-browsers");
    step("checkers and browsers at hand", || install(&tools, signals))?;
    let folder = server::programs(programs, signals)?;
    step("every page by Lighthouse and pa11y", || {
        let chromium = apt::find("chromium").context("Chromium is missing")?;
        let chromium = chromium.to_string_lossy();
        node(&tools, "pages.mjs", &[&chromium], &folder, signals)
    })?;
    step("the main flow in Chromium 109, 122 and 131", || {
        node(&tools, "older.mjs", &[], &folder, signals)
    })?;
    eprintln!("\nEverything passed.");
    Ok(())
}

fn install(tools: &Path, signals: &Signals) -> Result<()> {
    let lacking = ["chromium", "npm"];
    let missing: Vec<_> = lacking
        .into_iter()
        .filter(|program| apt::find(program).is_none())
        .collect();
    apt::ensure(&missing, "leave this part out", signals)?;
    npm(tools, PACKAGE, LOCK, signals).context("they could not be installed")?;
    for (name, script) in SCRIPTS {
        std::fs::write(tools.join(name), script)?;
    }
    Ok(())
}

/// Runs a script with these arguments and the set-up link of a new server. The server ends with it.
fn node(
    tools: &Path,
    script: &str,
    arguments: &[&str],
    programs: &Path,
    signals: &Signals,
) -> Result<()> {
    let server = Server::start(programs, &[])?;
    let mut node = workspace::command("node");
    node.current_dir(tools).arg(script).args(arguments);
    node.arg(server.link()).stdin(Stdio::null());
    signals.succeed(&mut node)
}
