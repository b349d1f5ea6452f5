//! The programs that the exchange is compared with. Each is a program of its own, so that it can
//! use the server's core.
#![expect(
    clippy::print_stdout,
    reason = "whoever starts it reads where it listens, or what it counted"
)]

mod floor;
mod hello;
mod mint;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    program: Program,
}

#[derive(Subcommand)]
enum Program {
    /// The plain way: Poem's own server and a handler that only builds and signs claims
    Floor,
    /// No work at all: a handler that answers hello, on one single-threaded runtime
    Hello,
    /// No HTTP: mints as the server does, as often as it can
    Mint(mint::Arguments),
}

fn main() -> Result<()> {
    match Arguments::parse().program {
        Program::Floor => floor::serve(),
        Program::Hello => hello::serve(),
        Program::Mint(arguments) => mint::count(&arguments),
    }
}
