//! SQLite: one file, one writer, many readers.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ats_pat_domain::port::BoxError;
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous,
};
use sea_orm::sqlx::{self, ConnectOptions};

use super::url::{check_sqlite, unreadable};
use super::{Opened, pool};
use crate::connect::{OpenOptions, Place};
use crate::database_file::DatabaseFile;
use crate::error::OpenError;
use crate::failure::Cause;
use crate::pool::Pool;

/// How many connections serve the reads of pages and programs.
const READERS: u32 = 4;

/// The maximum number of connections for the reads of exchanges. Each is a thread that mostly reads
/// from memory. More of them than cores would only take turns, and they share the same memory for
/// pages.
const MOST_EXCHANGE_READERS: u32 = 4;

/// The cache of all of them together, in KiB. It has room for the inner pages of the tables and
/// indexes of ten million tokens.
const EXCHANGE_PAGES_KIB: u32 = 32 * 1024;

/// How long SQLite itself waits for another process, such as the admin program.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

pub async fn open(url: &str, options: OpenOptions) -> Result<Opened, OpenError> {
    check_sqlite(url)?;
    let connect: SqliteConnectOptions = url.parse().map_err(|_| unreadable())?;
    let path = connect.get_filename().to_owned();
    make(&path)?;
    let connect = connect
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .disable_statement_logging();
    let exchange_readers = thread::available_parallelism()
        .ok()
        .and_then(|cores| u32::try_from(cores.get()).ok())
        .map_or(1, |cores| cores.min(MOST_EXCHANGE_READERS))
        .min(options.max_connections)
        .max(1);
    let readers = options.max_connections.clamp(1, READERS);
    let connected = async {
        // This comes first, because it turns the write-ahead log on.
        let file = Arc::new(DatabaseFile::note(&path, &connect).await?);
        let pool = |max_connections| {
            let options = OpenOptions {
                max_connections,
                ..options
            };
            to_the_file(pool(options), &file)
        };
        let writer: SqlitePool = pool(1).connect_with(connect.clone()).await?;
        let connect = connect.pragma("query_only", "ON");
        let reads: SqlitePool = pool(readers).connect_with(connect.clone()).await?;
        let pages_kib = EXCHANGE_PAGES_KIB / exchange_readers;
        let secrets: SqlitePool = pool(exchange_readers)
            // Negative: KiB instead of pages.
            .connect_with(connect.pragma("cache_size", format!("-{pages_kib}")))
            .await?;
        Ok((writer, reads, secrets, file))
    };
    let (writer, reads, secrets, file) = connected
        .await
        .map_err(|error: sqlx::Error| not_opened(&path, &error))?;
    let writer = Pool::Sqlite(writer);
    Ok(Opened {
        secrets: Pool::Sqlite(secrets),
        reads: Pool::Sqlite(reads),
        writes: writer.clone(),
        changes: writer,
        changes_at_once: 1,
        reads_at_once: readers as usize,
        file: Some(file),
        place: Place::File(path),
    })
}

/// A pool whose connections all lead to the file that was opened, whatever is at its path later.
fn to_the_file(pool: PoolOptions<Sqlite>, file: &Arc<DatabaseFile>) -> PoolOptions<Sqlite> {
    let file = Arc::clone(file);
    pool.after_connect(move |_, _| {
        let checked = file.check();
        Box::pin(async move { checked.map_err(|error| sqlx::Error::Protocol(error.to_string())) })
    })
}

/// Makes the file if it is missing, with access only for the owner of its folder. SQLite gives its
/// side files the same mode.
fn make(path: &Path) -> Result<(), OpenError> {
    if path.is_dir() {
        return Err(OpenError::IsAFolder {
            path: path.to_owned(),
        });
    }
    match ats_pat_files::private().create_new(true).open(path) {
        Ok(made) => ats_pat_files::give_to_owner_of_folder(&made, path)
            .map_err(|error| not_usable(path, error.into())),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => close_to_others(path),
        Err(error) => match path.parent() {
            Some(folder) if error.kind() == ErrorKind::NotFound => Err(OpenError::FolderMissing {
                folder: folder.to_owned(),
            }),
            _ => Err(not_usable(path, error.into())),
        },
    }
}

/// Corrects the mode of a database and its side files that every user of the machine may read,
/// because they hold user names and hashes of passwords.
fn close_to_others(database: &Path) -> Result<(), OpenError> {
    for side in ["", "-wal", "-shm"] {
        let mut path = database.as_os_str().to_owned();
        path.push(side);
        let path = PathBuf::from(path);
        match ats_pat_files::close_to_others(&path) {
            Ok(None) => {}
            Ok(Some(mode)) => tracing::warn!(
                file = %path.display(),
                mode = format!("{mode:04o}"),
                "every user of this machine could read the database file: others may no longer"
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(source) => {
                return Err(OpenError::FileOpenToOthers {
                    path,
                    source: source.into(),
                });
            }
        }
    }
    Ok(())
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
    // The low byte is the primary code: a damaged file, or not a database.
    match code.map(|code| code & 0xff) {
        Some(11 | 26) => OpenError::NotADatabase {
            path: path.to_owned(),
        },
        _ => not_usable(path, Box::new(Cause::of_sqlx(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lists_leave_exchanges_their_connections() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("db").display());
        let opened = open(&url, OpenOptions::default()).await.unwrap();
        let mut lists = Vec::new();
        for _ in 0..READERS {
            lists.push(opened.reads.acquire().await.unwrap());
        }
        let mut connection = opened.secrets.acquire().await.unwrap();
        let read = connection.execute_unprepared("SELECT 1").await;
        assert!(read.is_ok(), "{read:?}");
    }
}
