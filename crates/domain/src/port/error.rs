//! The errors of the database.

use std::error::Error;

/// Why a statement of the database failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The transaction was undone for certain, and another try may succeed: a deadlock, a
    /// serialisation failure, or a busy file.
    #[error("the database asks to try again")]
    Retryable(#[source] BoxError),
    /// The row violates a unique constraint.
    #[error("the database already holds such a row")]
    Conflict(#[source] BoxError),
    /// The database can't be reached, or does not answer.
    #[error("the database does not answer")]
    Unavailable(#[source] BoxError),
    /// The database can't store the data.
    #[error("{failure}")]
    Storage {
        /// Why the database can't store the data.
        failure: StorageFailure,
        /// The error of the database's driver.
        #[source]
        source: BoxError,
    },
    /// A row has a value that this program can't have written.
    #[error("the database holds what can't be read: {what}")]
    Corrupt {
        /// The table and the column.
        what: String,
    },
    /// Any other error, which is a defect of the program.
    #[error("the database refused a statement")]
    Other(#[source] BoxError),
}

/// Why the database can't store the data. The text is for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageFailure {
    /// The disk is full.
    #[error("the database's disk is full")]
    DiskFull,
    /// The disk fails to read or write.
    #[error("the database's disk fails to read or write")]
    InputOutput,
    /// The files can't be written.
    #[error("the database's files can't be written")]
    ReadOnly,
    /// The database file was removed or replaced while it was open.
    #[error("the database file is no longer at its path")]
    FileGone,
}

/// The error of a COMMIT.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The change was undone for certain.
    #[error("the change was not made")]
    Undone(#[source] StoreError),
    /// The answer was lost. The change may have happened, but never a part of it. To find out, look
    /// for the event's id.
    #[error("the answer to COMMIT was lost")]
    Unknown(#[source] StoreError),
}

/// An error of a library below.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;
