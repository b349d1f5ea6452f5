//! Makes and fills the databases that the service is measured on.
#![expect(clippy::print_stdout, reason = "whoever starts it reads the URL")]

mod create;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    match &Arguments::parse().task {
        Task::Create(arguments) => create::run(arguments).await,
    }
}
