//! Why a program can't start.

use std::io;
use std::path::PathBuf;

use ats_pat_auth::AuthError;
use ats_pat_storage::MigrationError;

/// Why the programs can't start on these settings.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file stands where the data folder should.
    #[error("the data folder {} is a file: name a folder by `data-dir`", .path.display())]
    DataFolderIsAFile {
        /// Which.
        path: PathBuf,
    },
    /// The system does not let us make the data folder.
    #[error("the data folder {} can't be made: check the folder above it, or name another by `data-dir`", .path.display())]
    DataFolderNotMade {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Every user of the machine can change what is in the data folder.
    #[error("every user of this machine can replace files in the data folder {} (mode {mode:04o}): look at what is in it, then run `chmod 700` on it", .path.display())]
    DataFolderOpenToOthers {
        /// Which.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Nothing was ever started here.
    #[error("there is no database at {}: name the right one by `--data-dir` or `--database-url`, or make one by `ats-pat-admin db migrate`", .path.display())]
    NoDatabase {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The schema is an earlier release's, or there is none.
    #[error("the database lacks {}: run `ats-pat-admin db migrate`", .pending.join(", "))]
    Outdated {
        /// The migrations to come.
        pending: Vec<String>,
    },
    /// The database can't be opened.
    #[error(transparent)]
    Database(#[from] ats_pat_storage::OpenError),
    /// The schema can't be brought up to date.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Another server has the SQLite database.
    #[error(transparent)]
    Lock(#[from] ats_pat_storage::LockError),
    /// The master key file can't be used.
    #[error(transparent)]
    MasterKey(#[from] AuthError),
    /// Keys, anchor or event log don't fit.
    #[error(transparent)]
    Service(#[from] ats_pat_service::OpenError),
}

impl StartError {
    /// Whether the same start may succeed a little later, with nothing changed here.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Database(ats_pat_storage::OpenError::Unreachable { .. })
        )
    }
}
