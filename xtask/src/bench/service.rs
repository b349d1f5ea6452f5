//! The other measurements of the service: lists, changes, starts, and all of it with very many
//! tokens.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use super::cores::Cores;
use super::programs::{Programs, measure};
use crate::databases::{self, Choice, Database, Durability};
use crate::process::Signals;

/// Arguments of `cargo xtask bench list`.
#[derive(clap::Args, Default)]
#[command(after_help = "The figures are also written to target/bench/list.json.")]
pub struct List {
    /// How many tokens the owner has [default: 10000]
    #[arg(long)]
    tokens: Option<u64>,
    /// How many others have, together [default: 100000]
    #[arg(long)]
    others: Option<u64>,
}

/// Arguments of `cargo xtask bench revoke`.
#[derive(clap::Args, Default)]
#[command(after_help = "The figures are also written to target/bench/revoke.json.")]
pub struct Revoke {
    /// For how long each kind of change is made [default: 4]
    #[arg(long)]
    seconds: Option<f64>,
    /// How many tokens are revoked before the eyes of all replicas [default: 200]
    #[arg(long)]
    revocations: Option<usize>,
    /// Compare the changes per second with the programs of another release in this folder, by
    /// turns, on SQLite, PostgreSQL and MariaDB, and measure nothing else
    #[arg(long, value_name = "FOLDER")]
    beside: Option<PathBuf>,
    /// How often each of the two has its turn [default: 5]
    #[arg(long, requires = "beside")]
    rounds: Option<usize>,
}

/// Arguments of `cargo xtask bench startup`.
#[derive(clap::Args, Default)]
#[command(after_help = "The figures are also written to target/bench/startup.json.")]
pub struct Startup {
    /// How many tokens are in the database [default: 1000]
    #[arg(long)]
    tokens: Option<u64>,
    /// How often the server is started [default: 15]
    #[arg(long)]
    starts: Option<usize>,
}

/// Arguments of `cargo xtask bench scale`.
#[derive(clap::Args)]
#[command(
    after_help = "The figures are also written to target/bench/scale.json. Ten million tokens and their thirty million events take 28 GB in \
    target/bench/data (on PostgreSQL, in the folder for temporary files) while they are in use."
)]
pub struct Scale {
    /// The database that the server uses
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Filled::Sqlite)]
    database: Filled,
    /// How many tokens the large database has [default: 10000000]
    #[arg(long)]
    tokens: Option<u64>,
    /// How many of them are exchanged [default: 300000]
    #[arg(long)]
    touched: Option<u64>,
    /// How often each side has its turn [default: 5]
    #[arg(long)]
    rounds: Option<usize>,
    /// How long a turn lasts [default: 2]
    #[arg(long)]
    seconds: Option<f64>,
    /// Compare exchanges with the programs of another release in this folder, by turns, each on a
    /// database that it filled itself, and measure nothing else
    #[arg(long, value_name = "FOLDER")]
    beside: Option<PathBuf>,
    /// Keep the large SQLite databases, and use those that were kept
    #[arg(long)]
    keep: bool,
}

/// Databases that are filled.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Filled {
    Sqlite,
    Postgres,
}

/// Fails if the first page of a long list comes too late.
pub fn list(arguments: &List, signals: &Signals) -> Result<()> {
    run("list", Database::Sqlite, signals, |command| {
        option(command, "--tokens", arguments.tokens);
        option(command, "--others", arguments.others);
    })
}

/// Fails if a revoked token is accepted, or refused too late.
pub fn revoke(arguments: &Revoke, signals: &Signals) -> Result<()> {
    let databases = match arguments.beside {
        Some(_) => Choice::of(vec![Database::Postgres, Database::Mariadb]),
        None => Choice::only(Database::Postgres),
    };
    run_on("revoke", &databases, signals, |command| {
        if let Some(folder) = &arguments.beside {
            command.arg("--beside").arg(folder);
        }
        option(command, "--rounds", arguments.rounds);
        option(command, "--seconds", arguments.seconds);
        option(command, "--revocations", arguments.revocations);
    })
}

/// Fails if the server is ready too late, or takes too much memory.
pub fn startup(arguments: &Startup, signals: &Signals) -> Result<()> {
    run("startup", Database::Sqlite, signals, |command| {
        option(command, "--tokens", arguments.tokens);
        option(command, "--starts", arguments.starts);
    })
}

/// Fails if many tokens cost more than they may.
pub fn scale(arguments: &Scale, signals: &Signals) -> Result<()> {
    let database = match arguments.database {
        Filled::Sqlite => Database::Sqlite,
        Filled::Postgres => Database::Postgres,
    };
    run("scale", database, signals, |command| {
        option(command, "--tokens", arguments.tokens);
        option(command, "--touched", arguments.touched);
        option(command, "--rounds", arguments.rounds);
        option(command, "--seconds", arguments.seconds);
        if let Some(folder) = &arguments.beside {
            command.arg("--beside").arg(folder);
        }
        if arguments.keep {
            command.arg("--keep");
        }
    })
}

fn run(
    name: &str,
    database: Database,
    signals: &Signals,
    arguments: impl FnOnce(&mut Command),
) -> Result<()> {
    run_on(name, &Choice::only(database), signals, arguments)
}

fn run_on(
    name: &str,
    databases: &Choice,
    signals: &Signals,
    arguments: impl FnOnce(&mut Command),
) -> Result<()> {
    databases::ensure(databases, signals)?;
    let cores = Cores::find()?;
    let programs = Programs::build(signals)?;
    let mut command = programs.measure(name, cores);
    arguments(&mut command);
    measure(&mut command, databases, Durability::Full, cores, signals)
}

/// Without a value, the measuring program uses its default.
pub fn option<T: ToString>(command: &mut Command, flag: &str, value: Option<T>) {
    if let Some(value) = value {
        command.arg(flag).arg(value.to_string());
    }
}
