//! The database servers of a trial. The trial starts, kills, restarts and queries them.

mod account;
mod choice;
mod client;
mod mariadb;
mod memory;
mod postgres;
mod server;

pub use choice::Choice;
pub use client::Client;
pub use memory::Memory;
pub use server::Server;

use std::path::Path;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::signals::Signals;

/// How many changes a database must have room for.
#[derive(Clone, Copy)]
pub enum Size {
    /// A few hundred changes.
    Few,
    /// The changes of a minute.
    Some,
    /// Tens of thousands of changes.
    Many,
}

/// A kind of database that storage faults are tried on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Kind {
    /// A file of the server's own.
    Sqlite,
    /// A private PostgreSQL server.
    Postgres,
    /// A private MariaDB server.
    Mariadb,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }

    /// The size of its file system: the empty database, and the growth by so many changes.
    pub fn mebibytes(self, size: Size) -> u32 {
        let empty = match self {
            Self::Sqlite => 0,
            Self::Postgres => 64,
            Self::Mariadb => 128,
        };
        match size {
            Size::Few => empty + 24,
            Size::Some => empty + 128,
            Size::Many => empty + 512,
        }
    }

    /// Which files are data files, which means that checkpoints write them.
    pub fn data_files(self) -> &'static str {
        match self {
            Self::Sqlite => "ats-pat.db$",
            Self::Postgres => "/base/",
            Self::Mariadb => ".ibd$",
        }
    }

    /// Files whose writes fail in rounds of their own.
    pub fn targets(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite => &["ats-pat.db$", "ats-pat.db-wal$", "server.log$"],
            Self::Postgres => &["/pg_wal/", "/base/", "/global/"],
            Self::Mariadb => &["ib_logfile0$", ".ibd$", "ibdata1$"],
        }
    }

    /// A client of the service's database, which is in `folder` or at `url`.
    pub fn client(self, folder: &Path, url: Option<&str>) -> Result<Client> {
        let url = || {
            url.map(ToOwned::to_owned)
                .context("a database without a URL")
        };
        Ok(match self {
            Self::Sqlite => Client::Sqlite(folder.join("ats-pat.db")),
            Self::Postgres => Client::Postgres(postgres::psql()?, url()?),
            Self::Mariadb => Client::Mariadb(url()?),
        })
    }

    /// Makes a server with its data in `folder`. `None` if the product
    /// needs no server.
    pub fn server(
        self,
        folder: &Path,
        work: &Path,
        memory: Memory,
        signals: &Signals,
    ) -> Result<Option<Server>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => postgres::make(folder, work, memory, signals).map(Some),
            Self::Mariadb => mariadb::make(folder, work, memory, signals).map(Some),
        }
    }
}
