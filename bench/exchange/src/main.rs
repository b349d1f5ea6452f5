//! Measures how many requests the service answers per second and how long they take, on programs
//! that are built for use.
//!
//! Each measured program has one core for itself, and the load has another. `cargo xtask bench`
//! builds the programs, starts the requested databases, and runs this.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the figures are for a terminal, and so is how far it is"
)]

mod clock;
mod cores;
mod exchange;
mod figure;
mod http;
mod latency;
mod list;
mod load;
mod output;
mod place;
mod program;
mod revoke;
mod sample;
mod scale;
mod service;
mod signals;
mod startup;
mod statistics;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::signals::Signals;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    measure: Measure,
}

#[derive(Subcommand)]
enum Measure {
    /// Exchanges per second, hot and cold, beside a floor and peers
    Exchange(exchange::Arguments),
    /// The first page of an owner of very many tokens
    List(list::Arguments),
    /// Changes per second, and how soon a revoked token is refused everywhere
    Revoke(revoke::Arguments),
    /// Ten million tokens against a thousand
    Scale(scale::Arguments),
    /// From the start of the server to its first good answer
    Startup(startup::Arguments),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let signals = Signals::watch()?;
    match &arguments.measure {
        Measure::Exchange(arguments) => exchange::run(arguments, &signals),
        Measure::List(arguments) => list::run(arguments, &signals),
        Measure::Revoke(arguments) => revoke::run(arguments, &signals),
        Measure::Scale(arguments) => scale::run(arguments, &signals),
        Measure::Startup(arguments) => startup::run(arguments, &signals),
    }
}
