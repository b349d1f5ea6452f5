//! The kinds of databases.

use clap::ValueEnum;

/// A kind of database the service supports.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, ValueEnum)]
pub enum Database {
    /// Needs nothing: the tests open files.
    Sqlite,
    /// Needs the package `postgresql` of Debian.
    Postgres,
    /// Needs the package `mariadb-server` of Debian.
    Mariadb,
    /// Three of them with `galera-4`, for tests that need a cluster.
    Galera,
}

impl Database {
    /// The name that the tests read from `ATS_PAT_TEST_DATABASES`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Galera => "galera",
        }
    }
}
