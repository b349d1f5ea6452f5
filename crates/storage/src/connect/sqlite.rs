//! SQLite: one file, one writer, many readers.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use ats_pat_domain::port::BoxError;
use sea_orm::SqlxSqliteConnector;
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous,
};
use sea_orm::sqlx::{self, ConnectOptions};

use super::{Opened, invalid_url, pool};
use crate::database::{OpenOptions, Place};
use crate::error::OpenError;
use crate::failure::Cause;
use crate::lock::private;

/// How many connections read. Each is a thread that mostly reads from the system's memory, and keeps pages of its own:
/// more of them would only cost more.
const READERS: u32 = 6;

/// How long SQLite itself waits for another process, such as the admin program.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub async fn open(url: &str, options: OpenOptions) -> Result<Opened, OpenError> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::InMemory);
    }
    let connect: SqliteConnectOptions = url.parse().map_err(|error| invalid_url(&error))?;
    let path = connect.get_filename().to_owned();
    make(&path)?;
    let connect = connect
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging();
    let connected = async {
        // The writer goes first: it turns the write-ahead log on.
        let writer: SqlitePool = pool(OpenOptions {
            max_connections: 1,
            ..options
        })
        .connect_with(connect.clone())
        .await?;
        let readers: SqlitePool = pool(OpenOptions {
            max_connections: options.max_connections.min(READERS),
            ..options
        })
        .connect_with(connect.pragma("query_only", "ON"))
        .await?;
        Ok((writer, readers))
    };
    let (writer, readers) = connected
        .await
        .map_err(|error: sqlx::Error| not_opened(&path, &error))?;
    let writer = SqlxSqliteConnector::from_sqlx_sqlite_pool(writer);
    Ok(Opened {
        reads: SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
        writes: writer.clone(),
        changes: writer,
        place: Place::File(path),
    })
}

/// Makes the file where it is missing, for its owner alone: SQLite gives its side files the same mode.
fn make(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Err(OpenError::IsAFolder {
            path: path.to_owned(),
        });
    }
    let mut file = fs::OpenOptions::new();
    file.create_new(true).write(true);
    private(&mut file);
    match file.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => match path.parent() {
            Some(folder) if error.kind() == ErrorKind::NotFound => Err(OpenError::FolderMissing {
                folder: folder.to_owned(),
            }),
            _ => Err(not_usable(path, error.into())),
        },
    }
}

fn not_usable(path: &Path, source: BoxError) -> OpenError {
    OpenError::FileNotUsable {
        path: path.to_owned(),
        source,
    }
}

fn not_opened(path: &Path, error: &sqlx::Error) -> OpenError {
    let code = match error {
        sqlx::Error::Database(answer) => answer.code().and_then(|code| code.parse::<i32>().ok()),
        _ => None,
    };
    // The low byte is the primary code: damaged, not a database.
    match code.map(|code| code & 0xff) {
        Some(11 | 26) => OpenError::NotADatabase {
            path: path.to_owned(),
        },
        _ => not_usable(path, Box::new(Cause::of_sqlx(error))),
    }
}
