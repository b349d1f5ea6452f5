//! Why events can't be archived, or an archive can't be read.

use std::io;
use std::path::{Path, PathBuf};

use crate::service::error::Error;

/// Why events can't be archived, or an archive can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is a file already. An archive never replaces one.
    #[error("there is a file at {} already: an archive never replaces one, so name another", .path.display())]
    Exists {
        /// The path of that file.
        path: PathBuf,
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
    #[error("{} is no archive of events", .path.display())]
    NoArchive {
        /// The path of that file.
        path: PathBuf,
    },
    /// Another release wrote the file.
    #[error("{} has format {version}, which this release does not know: use the release that made it", .path.display())]
    UnknownFormat {
        /// The path of that file.
        path: PathBuf,
        /// The version of its format.
        version: u32,
    },
    /// The file is not as this service wrote it.
    #[error("{} was altered, a part of it is missing, or another service made it", .path.display())]
    Altered {
        /// The path of that file.
        path: PathBuf,
    },
    /// Of several archives one is missing, was altered, or is none.
    #[error("{finding}")]
    NotOneChain {
        /// What is wrong, as a sentence.
        finding: String,
    },
    /// The log lacks the last event of the archive that is to be continued.
    #[error(
        "the event log lacks event {seq}, the last one of {}: after a restore numbers are given again, so archive from the first event again, without `--after`",
        .path.display()
    )]
    NotContinued {
        /// The path of the archive.
        path: PathBuf,
        /// The number of its last event.
        seq: i64,
    },
    /// The log is not as this service wrote it.
    #[error(
        "event {seq} is missing or was altered, so the events can't be archived: run `ats-pat-admin audit verify`"
    )]
    Broken {
        /// The number of the event.
        seq: i64,
    },
    /// The archive would need events that were removed from the log.
    #[error(
        "events up to {seq} were removed from the log, so an archive can only go on behind them: name the archive that ends with event {seq}, with `--after`"
    )]
    Pruned {
        /// The number of the last one.
        seq: i64,
    },
    /// No event is old enough, or none happened since the archive before.
    #[error("there is no event to archive, so no file was written")]
    Nothing,
    /// The database failed, or does not answer.
    #[error(transparent)]
    Service(#[from] Error),
}

impl ArchiveError {
    pub(crate) fn not_read(path: &Path, source: io::Error) -> Self {
        Self::NotRead {
            path: path.to_owned(),
            source,
        }
    }

    pub(crate) fn not_written(path: &Path, source: io::Error) -> Self {
        Self::NotWritten {
            path: path.to_owned(),
            source,
        }
    }
}
