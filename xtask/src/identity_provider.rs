//! An identity provider of another project, at which the tests of the pages sign in: npm's
//! `oidc-provider`.

use anyhow::{Context, Result};

use crate::clients::install::npm;
use crate::process::Signals;
use crate::workspace;

const PACKAGE: &str = include_str!("identity_provider/package.json");
const LOCK: &str = include_str!("identity_provider/package-lock.json");

/// Installs it into `target/tools/identity`, where the tests look for it, if it is not there.
pub fn ensure(signals: &Signals) -> Result<()> {
    let folder = workspace::root().join("target/tools/identity");
    npm(&folder, PACKAGE, LOCK, signals).context("the identity provider could not be installed")
}
