//! Measurements of whole programs; those of functions are `cargo bench`.

use anyhow::Result;
use clap::Subcommand;

mod revocation;

/// What can be measured.
#[derive(Subcommand)]
pub enum Bench {
    /// How soon services that verify offline refuse what was revoked, with load running.
    Revocation(revocation::Arguments),
}

/// Measures it; fails where a figure is beyond its limit.
pub fn run(bench: &Bench) -> Result<()> {
    match bench {
        Bench::Revocation(arguments) => revocation::run(arguments),
    }
}
