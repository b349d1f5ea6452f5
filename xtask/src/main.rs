//! The developer's front door: everything one does to this repository besides editing it.
//!
//! Each command is one module. The program knows the crates of the workspace only by name: it depends on none of them,
//! so that it builds in seconds and works while they do not.
#![expect(
    clippy::print_stderr,
    reason = "a developer's program talks to its terminal"
)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod databases;
mod process;
mod workspace;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "The developer's front door",
    version
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run a command while private databases are up, and stop them whatever happens.
    Databases(databases::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Databases(arguments) => databases::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
