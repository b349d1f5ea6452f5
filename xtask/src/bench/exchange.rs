//! Exchanges per second, beside a floor and what others offer.

use anyhow::Result;

use super::cores::Cores;
use super::peers;
use super::programs::{Programs, run as measure};
use crate::databases::{self, Choice};
use crate::process::Signals;

/// Arguments of `cargo xtask bench exchange`.
#[derive(clap::Args, Default)]
#[command(
    after_help = "The figures are also written to target/bench/exchange.json and exchange.svg."
)]
pub struct Arguments {
    #[command(flatten)]
    databases: Choice,
    /// Leave out better-auth and oidc-provider, which need Node.js
    #[arg(long)]
    no_peers: bool,
    /// How often each contender has its turn
    #[arg(long)]
    rounds: Option<usize>,
    /// How long a turn lasts
    #[arg(long)]
    seconds: Option<f64>,
    /// Connections, each with one request under way
    #[arg(long)]
    connections: Option<usize>,
}

/// Fails where a ratio of the table is missed.
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
    for (flag, value) in [
        ("--rounds", arguments.rounds.map(|value| value.to_string())),
        (
            "--seconds",
            arguments.seconds.map(|value| value.to_string()),
        ),
        (
            "--connections",
            arguments.connections.map(|value| value.to_string()),
        ),
    ] {
        if let Some(value) = value {
            command.arg(flag).arg(value);
        }
    }
    measure(&mut command, &arguments.databases, cores, signals)
}
