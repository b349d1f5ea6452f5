//! Makes and fills the databases for measurements of the service.
#![expect(clippy::print_stdout, reason = "whoever starts it reads the URL")]

mod create;
mod fill;
mod forget;

use anyhow::Result;
use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make an empty database and print its URL
    Create(create::Arguments),
    /// Fill a database of the service with personal access tokens that work
    Fill(fill::Arguments),
    /// Take away the checkpoints of a database of the service
    Forget(forget::Arguments),
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    match &arguments.task {
        Task::Create(arguments) => runtime.block_on(create::run(arguments)),
        Task::Fill(arguments) => fill::run(arguments, &runtime),
        Task::Forget(arguments) => runtime.block_on(forget::run(arguments)),
    }
}
