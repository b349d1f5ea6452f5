//! Exchanges per second, compared with a floor and with other products.

use anyhow::Result;

use super::cores::Cores;
use super::peers;
use super::programs::{Programs, measure};
use super::service::option;
use crate::databases::{self, Choice, Durability};
use crate::process::Signals;

/// Arguments of `cargo xtask bench exchange`.
#[derive(clap::Args, Default)]
#[command(after_help = "The figures are also written to target/bench/exchange.json.")]
pub struct Arguments {
    #[command(flatten)]
    databases: Choice,
    /// Leave out better-auth and oidc-provider, which need Node.js
    #[arg(long)]
    no_peers: bool,
    /// How often each contender has its turn [default: 5]
    #[arg(long)]
    rounds: Option<usize>,
    /// How long a turn lasts [default: 2]
    #[arg(long)]
    seconds: Option<f64>,
    /// Connections, each with one request under way [default: 32]
    #[arg(long)]
    connections: Option<usize>,
}

/// Fails if a ratio of the table is missed.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    databases::ensure(&arguments.databases, signals)?;
    let cores = Cores::find()?;
    let (programs, pure_rust) = Programs::build_both(signals)?;
    let mut command = programs.measure("exchange", cores);
    if !arguments.no_peers {
        command
            .arg("--peers")
            .arg(peers::ensure(&programs.figures(), signals)?);
    }
    if let Some(folder) = pure_rust {
        command.arg("--pure-rust-programs").arg(folder);
    }
    option(&mut command, "--rounds", arguments.rounds);
    option(&mut command, "--seconds", arguments.seconds);
    option(&mut command, "--connections", arguments.connections);
    // Only reads are measured here.
    let durability = Durability::None;
    measure(
        &mut command,
        &arguments.databases,
        durability,
        cores,
        signals,
    )
}
