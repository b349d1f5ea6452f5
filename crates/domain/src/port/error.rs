//! How a store fails.

use std::error::Error;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Proven undone and worth another try: a deadlock, a serialisation failure, a busy file.
    #[error("the database asks to try again")]
    Retryable(#[source] BoxError),
    /// A unique constraint stands against it.
    #[error("the database already holds such a row")]
    Conflict(#[source] BoxError),
    /// The database can't be reached, or does not answer.
    #[error("the database does not answer")]
    Unavailable(#[source] BoxError),
    /// The database can't keep what it is given.
    #[error("{failure}")]
    Storage {
        /// In which way.
        failure: StorageFailure,
        /// The database's answer.
        #[source]
        source: BoxError,
    },
    /// A row can't be what this program wrote.
    #[error("the database holds what can't be read: {what}")]
    Corrupt {
        /// Table and column.
        what: String,
    },
    /// Anything else: a defect.
    #[error("the database refused a statement")]
    Other(#[source] BoxError),
}

/// Why the database can't keep what it is given. The text is for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageFailure {
    /// Nothing more fits.
    #[error("the database's disk is full")]
    DiskFull,
    /// Reading or writing failed.
    #[error("the database's disk fails to read or write")]
    InputOutput,
    /// Writing is not allowed.
    #[error("the database's files can't be written")]
    ReadOnly,
    /// The database file was removed or replaced while it was open.
    #[error("the database file is no longer at its path")]
    FileGone,
}

/// How a COMMIT failed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Proven undone.
    #[error("the change was not made")]
    Undone(#[source] StoreError),
    /// The answer was lost: it may have happened, as a whole. Look for the event's id.
    #[error("the answer to COMMIT was lost")]
    Unknown(#[source] StoreError),
}

/// An underlying cause.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;
