//! Queries a database by its own client program.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::program::finish;

/// A way to query a database.
#[derive(Clone)]
pub enum Client {
    /// The file of a SQLite database.
    Sqlite(PathBuf),
    /// `psql` and the URL of a PostgreSQL database.
    Postgres(PathBuf, String),
    /// The URL of a MariaDB database.
    Mariadb(String),
}

impl Client {
    /// The lines of the answer to `statement`, columns separated by `|` or tabs.
    pub fn ask(&self, statement: &str) -> Result<String> {
        let mut command = self.command(statement)?;
        let ending = finish(&mut command, "")?;
        if !ending.status.success() {
            bail!("{statement}: {}", ending.errors.trim());
        }
        Ok(ending.output.trim().to_owned())
    }

    /// The number that answers `statement`.
    pub fn number(&self, statement: &str) -> Result<u64> {
        let answer = self.ask(statement)?;
        answer
            .parse()
            .with_context(|| format!("{statement}: {answer}"))
    }

    fn command(&self, statement: &str) -> Result<Command> {
        Ok(match self {
            Self::Sqlite(file) => {
                let mut command = limited("sqlite3");
                command.args(["-batch", "-cmd", ".timeout 10000"]);
                command.arg(file).arg(statement);
                command
            }
            Self::Postgres(psql, url) => {
                let mut command = limited(psql);
                command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]);
                command.args(["--command", statement, "--dbname", url]);
                command
            }
            Self::Mariadb(url) => mariadb(url, statement)?,
        })
    }
}

/// A command that is killed if a stuck database keeps it waiting.
fn limited(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", "20"]).arg(program);
    command
}

fn mariadb(url: &str, statement: &str) -> Result<Command> {
    let parts = url.strip_prefix("mysql://").and_then(|rest| {
        let (login, rest) = rest.split_once('@')?;
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (address, database) = rest.split_once('/')?;
        let (host, port) = address.split_once(':')?;
        Some([user, password, host, port, database])
    });
    let [user, password, host, port, database] = parts.context("a URL has another form")?;
    let mut command = limited("mariadb");
    command
        .args([
            "--no-defaults",
            "--protocol=tcp",
            "--batch",
            "--skip-column-names",
        ])
        .args(["--connect-timeout=5", "--user", user, "--host", host])
        .args(["--port", port, "--execute", statement, database])
        .env("MYSQL_PWD", password);
    Ok(command)
}
