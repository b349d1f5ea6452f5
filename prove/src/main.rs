//! Tries the programs while storage and clusters fail and while they are attacked, and checks that
//! they keep their promises.
//!
//! Clients change things at random and remember every answer. The service must show an acknowledged
//! change from then on. A change whose answer was lost must have happened completely or not at all.
//! `cargo xtask prove` builds the programs and runs this.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was found is for a terminal, and so is how far it is"
)]

mod beside;
mod bulk;
mod clock;
mod databases;
mod faults;
mod figures;
mod galera;
mod health;
mod http;
mod installation;
mod load;
mod model;
mod overload;
mod place;
mod program;
mod report;
mod restarts;
mod sign_in_pressure;
mod sign_ins;
mod signals;
mod storage_faults;
mod tally;
mod upgrade;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::signals::Signals;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Servers of this release and of the one before on one database at the same time
    Beside(beside::Arguments),
    /// Very many tokens revoked by one job, beside other work, while servers are killed
    Bulk(bulk::Arguments),
    /// Three servers on three nodes of a Galera cluster, every node written to
    Galera(galera::Arguments),
    /// More requests than a server can answer, and a full disk in the middle
    Overload(overload::Arguments),
    /// Two servers behind nginx that are started again one after the other
    Restarts(restarts::Arguments),
    /// Addresses that guess passwords without pause, beside people who sign in
    SignInPressure(sign_in_pressure::Arguments),
    /// People who sign in at an identity provider, beside exchanges
    SignIns(sign_ins::Arguments),
    /// Storage that is full, fails at random, or loses the programs above it
    StorageFaults(storage_faults::Arguments),
    /// A database of the release before, taken over
    Upgrade(upgrade::Arguments),
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("prove: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let signals = Signals::watch()?;
    match &arguments.part {
        Part::Beside(arguments) => beside::run(arguments, &signals),
        Part::Bulk(arguments) => bulk::run(arguments, &signals),
        Part::Galera(arguments) => galera::run(arguments, &signals),
        Part::Overload(arguments) => overload::run(arguments, &signals),
        Part::Restarts(arguments) => restarts::run(arguments, &signals),
        Part::SignInPressure(arguments) => sign_in_pressure::run(arguments, &signals),
        Part::SignIns(arguments) => sign_ins::run(arguments, &signals),
        Part::StorageFaults(arguments) => storage_faults::run(arguments, &signals),
        Part::Upgrade(arguments) => upgrade::run(arguments, &signals),
    }
}
