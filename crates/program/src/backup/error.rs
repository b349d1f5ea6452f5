//! Why a backup can't be made, read or restored.

use std::io;
use std::path::{Path, PathBuf};

use crate::start_error::StartError;

/// Why a backup can't be made, read or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file already. A backup never replaces one.
    #[error("there is a file at {} already: a backup never replaces one, so name another", .path.display())]
    Exists {
        /// The path of that file.
        path: PathBuf,
    },
    /// Another program works at the same backup.
    #[error("another program is working in {}: wait until it is done", .folder.display())]
    InUse {
        /// The folder in which both work.
        folder: PathBuf,
    },
    /// A file can't be read.
    #[error("{} can't be read", .path.display())]
    NotRead {
        /// The path of that file.
        path: PathBuf,
        /// What the operating system answered.
        #[source]
        source: io::Error,
    },
    /// A file can't be written. Nothing is left of it.
    #[error("{} can't be written, and nothing is left of it: look at the room on the disk, and at the owner and mode of the folder", .path.display())]
    NotWritten {
        /// The path of that file.
        path: PathBuf,
        /// What the operating system answered.
        #[source]
        source: io::Error,
    },
    /// The file is something else.
    #[error("{} is no backup of this service", .path.display())]
    NoBackup {
        /// The path of that file.
        path: PathBuf,
    },
    /// Another release wrote the file.
    #[error("{} has format {version}, which this release does not know: use the release that made it", .path.display())]
    UnknownFormat {
        /// The path of that file.
        path: PathBuf,
        /// The version of its format.
        version: u8,
    },
    /// The file is sealed under another master key.
    #[error("{} is sealed under another master key: put the key of that time on a second line of the master key file", .path.display())]
    WrongMasterKey {
        /// The path of that file.
        path: PathBuf,
    },
    /// The file is not as it was written.
    #[error("{} was altered, or a part of it is missing: use another backup", .path.display())]
    Altered {
        /// The path of that file.
        path: PathBuf,
    },
    /// The content of the file is damaged.
    #[error("the database in {} is damaged ({found}): use another backup", .path.display())]
    Damaged {
        /// The path of that file.
        path: PathBuf,
        /// All that was found, as a part of the sentence.
        found: String,
    },
    /// Something is in the database that would be replaced.
    #[error(
        "the database has {events} events, and a restore would replace it: say `--replace` if it shall"
    )]
    NotEmpty {
        /// The number of its last event.
        events: i64,
    },
    /// The database that would be replaced can't be opened.
    #[error(
        "the database that is there can't be opened, and a restore would replace it: say `--replace` if it shall"
    )]
    NotOpened {
        /// Why it can't be opened.
        #[source]
        source: Box<StartError>,
    },
    /// Somebody uses the database that would be replaced.
    #[error(
        "{sessions} other sessions use the database: stop every server and every other program that uses it"
    )]
    Used {
        /// How many other sessions the server has for this database.
        sessions: i64,
    },
    /// The operator has to decide.
    #[error(
        "the backup ends at event {backup}, and event {last} was seen: say what becomes of the rights that were taken away since, by `--revoke-since`, `--revoke-all` or `--keep`"
    )]
    Undecided {
        /// The last event of the backup.
        backup: i64,
        /// The last event that was seen.
        last: i64,
    },
    /// Nothing tells what happened since the backup.
    #[error(
        "nothing tells what was revoked since the backup, because {reason}: say `--revoke-all`, or `--keep` and revoke by hand"
    )]
    NothingKnown {
        /// The reason, as the rest of a sentence.
        reason: &'static str,
    },
    /// The copy of the database could not be made or put in place.
    #[error(transparent)]
    Copy(#[from] ats_pat_storage::CopyError),
    /// The database or its keys can't be used.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A use case failed.
    #[error(transparent)]
    Service(#[from] ats_pat_service::Error),
}

pub(super) fn not_read(path: &Path, source: io::Error) -> BackupError {
    BackupError::NotRead {
        path: path.to_owned(),
        source,
    }
}

pub(super) fn not_written(path: &Path, source: io::Error) -> BackupError {
    BackupError::NotWritten {
        path: path.to_owned(),
        source,
    }
}
