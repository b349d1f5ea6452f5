//! The long parts of `cargo xtask test`. They run only by name, because they are too slow, or need
//! too large downloads, for every change.

use std::path::PathBuf;

use anyhow::Result;

use crate::process::Signals;

mod browsers;
mod interface;
mod packages;
mod providers;
mod scim;
mod server;

/// A part of the tests that runs by name only.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Part {
    /// Every page by Lighthouse and pa11y; the main flow in Chromium of earlier years
    Browsers,
    /// The archive and the Debian package, the unit, the image, Kubernetes, the alerts and the
    /// dashboard; as root also in a container and on a Debian of its own
    Packages,
    /// Every operation of the administration API by schemathesis, with all its checks. One minute.
    Interface,
    /// People who sign in at canaille and at LemonLDAP::NG. Two minutes.
    Providers,
    /// SCIM by scim2-tester, with all its checks
    Scim,
}

/// Runs it with the programs of this folder. Without a folder, the programs are built.
pub fn run(part: Part, programs: Option<&PathBuf>, signals: &Signals) -> Result<()> {
    match part {
        Part::Browsers => browsers::run(programs, signals),
        Part::Packages => packages::run(programs, signals),
        Part::Interface => interface::run(programs, signals),
        Part::Providers => providers::run(programs, signals),
        Part::Scim => scim::run(programs, signals),
    }
}
