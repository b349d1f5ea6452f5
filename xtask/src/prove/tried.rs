//! The databases that are tried.

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::apt;
use crate::databases::{self, Choice, Database};
use crate::process::{Signals, is_root};

/// Which databases are tried.
#[derive(clap::Args)]
pub struct Databases {
    /// A database to try; repeat it for several [default: all]
    #[arg(
        long = "database",
        value_enum,
        value_delimiter = ',',
        value_name = "NAME"
    )]
    pub chosen: Vec<Tried>,
}

/// Databases whose storage can fail.
#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
pub enum Tried {
    Sqlite,
    Postgres,
    Mariadb,
}

impl Tried {
    /// What the programs call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
        }
    }

    /// The kind of database.
    pub fn database(self) -> Database {
        match self {
            Self::Sqlite => Database::Sqlite,
            Self::Postgres => Database::Postgres,
            Self::Mariadb => Database::Mariadb,
        }
    }
}

/// Like [`ensure_all`], for parts that run servers of their own.
pub fn ensure_servers<'a>(chosen: &'a [Tried], signals: &Signals) -> Result<&'a [Tried]> {
    let chosen = ensure_all(chosen, signals)?;
    if chosen.iter().any(|tried| *tried != Tried::Sqlite) && !is_root() {
        bail!("servers of PostgreSQL run under another account: run this as root");
    }
    if apt::find("sqlite3").is_none() {
        apt::ensure(&["sqlite3"], "leave this part out", signals)?;
    }
    Ok(chosen)
}

/// The chosen ones, or all. Their packages are installed.
pub fn ensure_all<'a>(chosen: &'a [Tried], signals: &Signals) -> Result<&'a [Tried]> {
    let chosen = if chosen.is_empty() {
        Tried::value_variants()
    } else {
        chosen
    };
    let databases = chosen.iter().map(|tried| tried.database()).collect();
    databases::ensure(&Choice::of(databases), signals)?;
    Ok(chosen)
}
