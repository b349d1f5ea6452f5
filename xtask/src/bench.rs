//! Measurements of whole programs; those of functions are `cargo bench`.

use anyhow::{Result, bail};
use clap::Subcommand;

use crate::process::Signals;

mod cores;
mod exchange;
mod peers;
mod programs;
mod revocation;
mod service;

/// Arguments of `cargo xtask bench`.
#[derive(clap::Args)]
#[command(
    after_help = "Without a command: exchange, list, revoke and startup, one after the other; scale takes long and has to be named. Each program that is measured has one core for itself, so two are needed; what else \
    runs on the machine shows in the figures. They are also written to target/bench, as JSON."
)]
pub struct Arguments {
    #[command(subcommand)]
    bench: Option<Bench>,
}

/// What can be measured.
#[derive(Subcommand)]
enum Bench {
    /// Exchanges per second: hot and cold, beside a floor, and what others offer. Five minutes,
    /// once all is built.
    Exchange(exchange::Arguments),
    /// The first page of an owner of 10,000 tokens.
    List(service::List),
    /// Changes per second, and how soon a revoked token is refused at three replicas. Five minutes.
    Revoke(service::Revoke),
    /// From the start of the server to its first good answer, and its memory by then.
    Startup(service::Startup),
    /// Ten million tokens against a thousand: rates, memory, start. Half an hour.
    Scale(service::Scale),
    /// How soon services that verify offline refuse what was revoked, with load running.
    Revocation(revocation::Arguments),
}

/// Measures it; fails where a figure is beyond its limit.
pub fn run(arguments: &Arguments) -> Result<()> {
    let signals = Signals::watch()?;
    match &arguments.bench {
        Some(bench) => bench.run(&signals),
        None => all(&signals),
    }
}

/// One after the other; one that misses its targets does not keep the next from being measured.
fn all(signals: &Signals) -> Result<()> {
    let benches = [
        ("exchange", Bench::Exchange(exchange::Arguments::default())),
        ("list", Bench::List(service::List::default())),
        ("revoke", Bench::Revoke(service::Revoke::default())),
        ("startup", Bench::Startup(service::Startup::default())),
    ];
    let mut missed = Vec::new();
    for (name, bench) in benches {
        eprintln!("== {name}");
        if let Err(error) = bench.run(signals) {
            signals.check()?;
            missed.push(format!("{name}: {error:#}"));
        }
    }
    if missed.is_empty() {
        Ok(())
    } else {
        bail!("{}", missed.join("\n"))
    }
}

impl Bench {
    fn run(&self, signals: &Signals) -> Result<()> {
        match self {
            Self::Exchange(arguments) => exchange::run(arguments, signals),
            Self::List(arguments) => service::list(arguments, signals),
            Self::Revoke(arguments) => service::revoke(arguments, signals),
            Self::Startup(arguments) => service::startup(arguments, signals),
            Self::Scale(arguments) => service::scale(arguments, signals),
            Self::Revocation(arguments) => revocation::run(arguments, signals),
        }
    }
}
