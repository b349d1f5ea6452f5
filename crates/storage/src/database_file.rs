//! The files of a SQLite database, and whether they are still at their paths.
//!
//! A process goes on with a file that was removed or replaced while it is open, and so does SQLite.
//! What it commits after that is lost when the process ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use ats_pat_domain::port::StorageFailure;
use parking_lot::Mutex;
use sea_orm::DbErr;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, ConnectOptions, Connection, Executor};

use crate::failure::{Class, DISK_FULL, FILE_GONE, classify};

/// The database and its write-ahead log, as they were when the database was opened.
pub struct DatabaseFile {
    files: [(PathBuf, Identity); 2],
    is_gone: AtomicBool,
    /// SQLite removes the log with the last connection and makes another one with the next. This
    /// connection stays open, so that the log is one file as long as the database is open.
    keeper: Mutex<Option<SqliteConnection>>,
}

impl DatabaseFile {
    /// Records which files these are. The write-ahead log is already on.
    pub async fn note(path: &Path, connect: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut keeper = connect.connect().await?;
        // A connection opens the files when it first reads.
        keeper.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        Ok(Self {
            files: [
                (path.to_owned(), Identity::of(path)?),
                (log.clone(), Identity::of(&log)?),
            ],
            is_gone: AtomicBool::new(false),
            keeper: Mutex::new(Some(keeper)),
        })
    }

    /// Checks the paths. Refuses if other files are there, or none.
    pub fn check(&self) -> Result<(), DbErr> {
        let is_there = |(path, noted): &(PathBuf, Identity)| {
            Identity::of(path).is_ok_and(|found| found == *noted)
        };
        let is_gone = !self.files.iter().all(is_there);
        self.is_gone.store(is_gone, Ordering::Relaxed);
        self.require()
    }

    /// The result of the last check.
    pub fn require(&self) -> Result<(), DbErr> {
        if self.is_gone.load(Ordering::Relaxed) {
            Err(DbErr::Custom(FILE_GONE.to_owned()))
        } else {
            Ok(())
        }
    }

    /// The failure with what an operator has to know. SQLite reports a full disk as an input/output
    /// error when it enlarges its smaller files.
    pub fn explain(&self, error: DbErr) -> DbErr {
        let is_input_output = classify(&error) == Class::Storage(StorageFailure::InputOutput);
        let [(path, _), _] = &self.files;
        if is_input_output && is_full(path) {
            DbErr::Custom(DISK_FULL.to_owned())
        } else {
            error
        }
    }

    /// Closes the connection that keeps the files of the database open.
    pub async fn close(&self) {
        let keeper = self.keeper.lock().take();
        if let Some(keeper) = keeper {
            // Others committed what it read, so nothing can be lost.
            let _ = keeper.close().await;
        }
    }
}

/// The file that a path leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = fs::metadata(path)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        })
    }

    /// On other systems an open file can't be removed.
    #[cfg(not(unix))]
    fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|_| Self {
            device: 0,
            inode: 0,
        })
    }
}

#[cfg(unix)]
fn is_full(path: &Path) -> bool {
    /// The size of a page of the database.
    const LEAST: u64 = 4096;
    rustix::fs::statvfs(path).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < LEAST)
}

#[cfg(not(unix))]
fn is_full(_: &Path) -> bool {
    false
}
