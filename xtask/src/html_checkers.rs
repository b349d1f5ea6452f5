//! The checkers for the HTML of every page: the Nu Html Checker and html-validate, from npm.

use anyhow::{Context, Result};

use crate::clients::install::npm;
use crate::process::Signals;
use crate::workspace;

const PACKAGE: &str = include_str!("html_checkers/package.json");
const LOCK: &str = include_str!("html_checkers/package-lock.json");

/// Installs them into `target/tools/html`, where the tests look for them, if they are not there.
pub fn ensure(signals: &Signals) -> Result<()> {
    let folder = workspace::root().join("target/tools/html");
    npm(&folder, PACKAGE, LOCK, signals).context("the checkers of HTML could not be installed")
}
