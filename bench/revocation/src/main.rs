//! How soon offline verifiers refuse revoked tokens, with load running.
//!
//! It starts the real server and both example services, and keeps load on the services. Then it
//! takes rights away, one after the other: it revokes and regenerates tokens, and disables owners.
//! For each change and each service, it measures the time from the acknowledgement to the last
//! request that began after it and was still accepted. `cargo xtask bench revocation` builds the
//! programs and runs this.
#![expect(clippy::print_stdout, reason = "the figures are for a terminal")]

mod change;
mod load;
mod person;
mod probe;
mod program;
mod report;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout};

use crate::change::{Change, Stage};
use crate::load::Load;
use crate::program::Programs;
use crate::report::Report;

/// The longest time for the whole run.
const LONGEST_RUN: Duration = Duration::from_mins(2);

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The folder of the built programs
    #[arg(long)]
    programs: PathBuf,
    /// Where the figures are written as JSON
    #[arg(long)]
    output: PathBuf,
    /// The database that the server uses
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// The URL of a PostgreSQL for administration, if the server uses one
    #[arg(long, env = "ATS_PAT_TEST_POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

impl Arguments {
    fn database_url(&self) -> Result<Option<&str>> {
        match self.database {
            Database::Sqlite => Ok(None),
            Database::Postgres => {
                let url = self.postgres_url.as_deref();
                Ok(Some(url.context("PostgreSQL's URL is missing")?))
            }
        }
    }

    fn database_name(&self) -> &'static str {
        match self.database {
            Database::Sqlite => "sqlite",
            Database::Postgres => "postgres",
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // Dropping these values stops the programs. A signal alone would leave them running.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let report = tokio::select! {
        report = timeout(LONGEST_RUN, run(&arguments)) => report.context("the run takes too long")??,
        _ = terminate.recv() => bail!("asked to stop"),
        _ = interrupt.recv() => bail!("asked to stop"),
    };
    report.write(&arguments.output)?;
    println!("{report}");
    report.judge()
}

async fn run(arguments: &Arguments) -> Result<Report> {
    let begun = Instant::now();
    let programs = Programs::start(&arguments.programs, arguments.database_url()?).await?;
    let stage = Stage::prepare(&programs).await?;
    let load = Load::start(&programs.services, stage.bystanders());
    let mut measuring = Vec::new();
    for change in Change::order() {
        measuring.push(stage.measure(&programs, change).await?);
    }
    let mut samples = Vec::new();
    for measured in measuring {
        samples.extend(measured.samples().await?);
    }
    Ok(Report::new(
        arguments.database_name(),
        begun.elapsed(),
        load.stop().await?,
        &samples,
    ))
}
