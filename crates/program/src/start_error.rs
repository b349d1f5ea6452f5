//! Why a program can't start.

use std::io;
use std::path::PathBuf;

use ats_pat_auth::AuthError;
use ats_pat_storage::MigrationError;

use crate::master_key::MasterKeyError;

/// Why the programs can't start with these settings.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The path of the data folder is a file.
    #[error("the data folder {} is a file: name a folder by `data-dir`", .path.display())]
    DataFolderIsAFile {
        /// The path of the folder.
        path: PathBuf,
    },
    /// The system doesn't allow this process to make the data folder.
    #[error("the data folder {} can't be made: check the folder above it, or name another by `data-dir`", .path.display())]
    DataFolderNotMade {
        /// The path of the folder.
        path: PathBuf,
        /// What the operating system answered.
        #[source]
        source: io::Error,
    },
    /// Every user of the machine can change the content of the data folder.
    #[error("every user of this machine can replace files in the data folder {} (mode {mode:04o}): look at what is in it, then run `chmod 700` on it", .path.display())]
    DataFolderOpenToOthers {
        /// The path of the folder.
        path: PathBuf,
        /// Its permission bits, which the message writes in octal.
        mode: u32,
    },
    /// There is no database at this place.
    #[error("there is no database at {}: name the right one by `--data-dir` or `--database-url`, or make one by `ats-pat-admin db migrate`", .path.display())]
    NoDatabase {
        /// The path of the missing file.
        path: PathBuf,
    },
    /// The schema is an earlier release's, or there is none.
    #[error("the database lacks {}: run `ats-pat-admin db migrate`", .pending.join(", "))]
    Outdated {
        /// The migrations that are missing.
        pending: Vec<String>,
    },
    /// The database can't be opened.
    #[error(transparent)]
    Database(#[from] ats_pat_storage::OpenError),
    /// The schema can't be brought up to date.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// Another server uses the SQLite database.
    #[error(transparent)]
    Lock(#[from] ats_pat_storage::LockError),
    /// The master key file can't be used.
    #[error(transparent)]
    MasterKey(#[from] AuthError),
    /// The command gives no master key.
    #[error(transparent)]
    MasterKeyCommand(MasterKeyError),
    /// Keys, anchor or event log don't match the database.
    #[error(transparent)]
    Service(#[from] ats_pat_service::OpenError),
}

impl From<MasterKeyError> for StartError {
    fn from(error: MasterKeyError) -> Self {
        match error {
            MasterKeyError::Output(error) => Self::MasterKey(error),
            other => Self::MasterKeyCommand(other),
        }
    }
}

impl StartError {
    /// Whether the same start may succeed a little later without a change on this side.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Database(ats_pat_storage::OpenError::Unreachable { .. })
        )
    }
}
