//! Builds the server, both example services and the measuring program, and runs it. Two minutes,
//! once they are built.

use std::process::Stdio;

use anyhow::{Result, bail};
use clap::ValueEnum;

use super::programs::PROFILE;
use crate::databases::{Choice, Database, with_private};
use crate::process::Signals;
use crate::workspace;

/// The program that measures.
const BENCH: &str = "bench-revocation";
/// The programs that it starts.
const PROGRAMS: [&str; 4] = [
    "ats-pat-admin",
    "ats-pat-server",
    "example-axum-service",
    "example-poem-service",
];

/// Arguments of `cargo xtask bench revocation`.
#[derive(clap::Args)]
#[command(after_help = "The figures are also written to target/bench/revocation.json.")]
pub struct Arguments {
    /// The database that the server uses
    #[arg(long, value_enum, value_name = "NAME", default_value_t = ServerDatabase::Sqlite)]
    database: ServerDatabase,
}

/// Databases that the server is measured on.
#[derive(Clone, Copy, ValueEnum)]
enum ServerDatabase {
    Sqlite,
    Postgres,
}

impl ServerDatabase {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    fn choice(self) -> Choice {
        Choice::only(match self {
            Self::Sqlite => Database::Sqlite,
            Self::Postgres => Database::Postgres,
        })
    }
}

/// Fails if a service accepted a token two seconds after its end was acknowledged.
pub fn run(arguments: &Arguments, signals: &Signals) -> Result<()> {
    let target = workspace::metadata()?.target_directory;
    let mut build = workspace::command("cargo");
    build.args(["build", "--profile", PROFILE]);
    for package in PROGRAMS.iter().chain([&BENCH]) {
        build.args(["--package", package]);
    }
    signals.succeed(&mut build)?;
    let programs = target.join(PROFILE);
    let mut bench = workspace::command(programs.join(BENCH).as_str());
    bench
        .arg("--programs")
        .arg(&programs)
        .arg("--output")
        .arg(target.join("bench/revocation.json"))
        .args(["--database", arguments.database.name()])
        .stdin(Stdio::null());
    let status = with_private(&arguments.database.choice(), signals, &mut bench)?;
    signals.check()?;
    if !status.success() {
        bail!("the measurement failed ({status})");
    }
    Ok(())
}
