//! The lock file beside a SQLite database: one server per file.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::LockError;

/// The lock is held as long as this value exists. The system releases it when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct ExclusiveLock {
    _file: File,
    path: PathBuf,
}

impl ExclusiveLock {
    /// Where the lock file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the database in this file, which need not exist.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(database: &Path) -> Result<Self, LockError> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = open(&path).map_err(|source| LockError::Io {
            path: path.clone(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file, path }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held {
                database: database.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(LockError::Io { path, source }),
        }
    }
}

/// Opens the lock file, or makes it.
fn open(path: &Path) -> io::Result<File> {
    match ats_pat_files::private().create_new(true).open(path) {
        Ok(made) => {
            ats_pat_files::give_to_owner_of_folder(&made, path)?;
            Ok(made)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            ats_pat_files::private().open(path)
        }
        Err(error) => Err(error),
    }
}
