//! Why events are not removed.

use ats_pat_domain::port::StoreError;

use crate::ledger::archive::ArchiveError;
use crate::service::error::Error;

/// Why events are not removed.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// No archive was named.
    #[error("name the archives that have the events: only archived events are removed")]
    NoArchive,
    /// The archives don't follow each other, or were altered.
    #[error("nothing was removed: {finding}")]
    Archives {
        /// What is wrong.
        finding: String,
    },
    /// The archives end with another log.
    #[error(
        "nothing was removed: the event log has another event {seq} than the archives, or none; run `ats-pat-admin audit verify --archive`"
    )]
    NotInTheLog {
        /// The number of the last archived event.
        seq: i64,
    },
    /// The last archived event is less than a day old.
    #[error(
        "nothing was removed: event {seq}, the last one of the archives, is less than a day old, and the service may still need it; make an archive that ends earlier, with `--keep-days`"
    )]
    TooYoung {
        /// The number of the last archived event.
        seq: i64,
    },
    /// An upgrade compares rows with events that the archives don't reach.
    #[error(
        "nothing was removed: the upgrade of the database (event {seq}) came after these events, and rows are still compared with events before it; make an archive that ends with a later event"
    )]
    BeforeUpgrade {
        /// The number of the event that ended the upgrade.
        seq: i64,
    },
    /// `audit verify` finds something.
    #[error(
        "nothing was removed, because `ats-pat-admin audit verify` finds {count} differences, and may not find them later; the first: {first}"
    )]
    Findings {
        /// How many.
        count: usize,
        /// The first one.
        first: String,
    },
    /// A row differs from its last event, or the chain is broken.
    #[error("nothing was removed: {finding}; run `ats-pat-admin audit verify`")]
    Differs {
        /// What is wrong.
        finding: String,
    },
    /// These events were removed before.
    #[error("events up to {seq} were removed before: there is nothing to do")]
    Nothing {
        /// The number of the last one.
        seq: i64,
    },
    /// Another program removed events at the same time.
    #[error("nothing was removed: another program removed events at the same time")]
    Overtaken,
    /// An archive can't be read.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The database failed.
    #[error(transparent)]
    Service(#[from] Error),
}

impl From<StoreError> for PruneError {
    fn from(error: StoreError) -> Self {
        Self::Service(error.into())
    }
}
