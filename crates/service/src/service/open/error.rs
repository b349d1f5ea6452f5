//! Why the service can't be opened.

use std::io;
use std::path::PathBuf;

use ats_pat_auth::AuthError;
use ats_pat_domain::port::{RandomnessUnavailable, StoreError};

use crate::service::error::Error;

/// Why the service can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The master key file can't be used.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The master key belongs to another database.
    #[error(
        "the keys of this database are sealed under another master key than the one in {place}: put back the file that belongs to it"
    )]
    WrongMasterKey {
        /// The master key file, or where else the key comes from.
        place: String,
    },
    /// A sealed key, or a row that grants rights, was altered.
    #[error(
        "a key in the database was altered behind the program's back: restore the database from a backup that you trust"
    )]
    KeyAltered(#[source] Error),
    /// The database is older than the one that this server last saw, or another one.
    #[error(
        "the database is not the one that this data folder last saw: event {seq} is missing or different. If it was restored from a backup, \
         run `ats-pat-admin db accept-restore --keep` (tokens work as in the backup) or `--revoke-all` (every token and session ends)"
    )]
    BehindAnchor {
        /// The number of the last event that was seen.
        seq: i64,
    },
    /// The head of the event log doesn't match its last event.
    #[error(
        "the event log's end does not fit its last entry: the database was altered; restore it from a backup that you trust"
    )]
    EventLogAltered,
    /// The event log of an earlier release has a gap or an altered entry.
    #[error(
        "event {seq} of the event log was altered, or is missing. So this release can't take the database over from the \
         earlier one, and no row was changed: restore a backup that you trust"
    )]
    LogNotWhole {
        /// The number of the first event that is wrong.
        seq: String,
    },
    /// The anchor can't be read.
    #[error("the file {} can't be read as the head of the event log; if it is damaged, remove it after `ats-pat-admin audit verify` found nothing", path.display())]
    AnchorUnreadable {
        /// The path of the anchor.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The anchor belongs to another user.
    #[error("this user may not read the file {}: another user made it. Give it the owner of its folder, and run both programs as that user", path.display())]
    AnchorForbidden {
        /// The path of the anchor.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// Authentication tokens would be valid for no time, or longer than verifiers allow.
    #[error("authentication tokens can't live for {minutes} minutes: choose 1 to 60")]
    TokenMinutes {
        /// The minutes of the settings.
        minutes: u32,
    },
    /// There is no audience.
    #[error(
        "the setting audience names nobody: name at least one, or leave it out for the public URL"
    )]
    NoAudience,
    /// The default audience is not a part of the audience, or lacks its first.
    #[error(
        "the setting default-audience must be a part of audience and have its first: correct it, or leave it out for all of audience"
    )]
    DefaultAudience,
    /// The database failed, or does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There are no random bytes.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// A change during the start failed.
    #[error(transparent)]
    Change(Error),
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        match error {
            Error::Store(error) => Self::Store(error),
            Error::Auth(error) => Self::Auth(error),
            Error::Tampered { .. } => Self::KeyAltered(error),
            other => Self::Change(other),
        }
    }
}
