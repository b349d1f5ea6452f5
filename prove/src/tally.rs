//! What happened in a run, counted by all threads, and the violations.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// Counted events. The order is that of the report.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Count {
    /// Changes that the server acknowledged.
    Acknowledged,
    /// Acknowledged changes that the server doesn't show.
    Lost,
    /// Changes that happened only in part.
    Half,
    /// Exchanges that succeeded although they began after the acknowledged end of the secret.
    Stale,
    /// Answers that no state of the service explains.
    Unexpected,
    /// Disagreements of rows, events and answers after a round.
    Findings,
    /// Times when the server reported wrongly that it was ready, or did not get ready again by
    /// itself.
    Unready,
    /// Changes that were answered 503.
    Refused,
    /// Changes that were answered 500.
    Internal,
    /// Changes whose answer did not come.
    Unanswered,
    /// Changes of unknown outcome that turned out to have happened.
    UncertainHappened,
    /// Changes of unknown outcome that turned out not to have happened.
    UncertainUndone,
    /// Exchanges of ended secrets.
    Watched,
    /// Checks of a token against the model.
    Audited,
    /// Runs of `audit verify`.
    Verified,
    /// Writes that failed on the full file system.
    FullWrites,
    /// Writes that libfiu failed with ENOSPC.
    WriteEnospc,
    /// Writes that libfiu failed with EIO.
    WriteEio,
    /// Syncs that libfiu failed with ENOSPC.
    SyncEnospc,
    /// Syncs that libfiu failed with EIO.
    SyncEio,
    /// Syncs of data files while faults were possible, mostly by checkpoints.
    DataSyncs,
    /// Servers that were killed or ended by themselves.
    ServerEnds,
    /// Database servers that were killed or ended by themselves.
    DatabaseEnds,
    /// Nodes stopped for some seconds.
    Stopped,
    /// Nodes cut from their group.
    Cut,
    /// Nodes that did not come back by themselves, and were restarted.
    StartedAgain,
    /// Rounds of the trial.
    Rounds,
}

impl Count {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::Lost => "lost",
            Self::Half => "halves",
            Self::Stale => "stale exchanges",
            Self::Unexpected => "unexpected answers",
            Self::Findings => "findings",
            Self::Unready => "readiness wrong",
            Self::Refused => "refused (503)",
            Self::Internal => "internal (500)",
            Self::Unanswered => "unanswered",
            Self::UncertainHappened => "uncertain: happened",
            Self::UncertainUndone => "uncertain: undone",
            Self::Watched => "ended secrets tried",
            Self::Audited => "tokens audited",
            Self::Verified => "audit verify",
            Self::FullWrites => "faults: full",
            Self::WriteEnospc => "faults: write ENOSPC",
            Self::WriteEio => "faults: write EIO",
            Self::SyncEnospc => "faults: sync ENOSPC",
            Self::SyncEio => "faults: sync EIO",
            Self::DataSyncs => "data file syncs",
            Self::ServerEnds => "server ends",
            Self::DatabaseEnds => "database ends",
            Self::Stopped => "nodes stopped",
            Self::Cut => "nodes cut",
            Self::StartedAgain => "nodes started again",
            Self::Rounds => "rounds",
        }
    }
}

/// The counts of one run, and its violations in words.
#[derive(Default)]
pub struct Tally(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    counts: BTreeMap<Count, u64>,
    violations: Vec<String>,
}

impl Tally {
    /// Counts one more thing.
    pub fn add(&self, count: Count) {
        self.add_many(count, 1);
    }

    /// Counts so many more things.
    pub fn add_many(&self, count: Count, many: u64) {
        self.with(|inner| *inner.counts.entry(count).or_default() += many);
    }

    /// Counts a violation, and keeps its text for the report.
    pub fn violation(&self, count: Count, text: &str) {
        self.with(|inner| {
            *inner.counts.entry(count).or_default() += 1;
            inner.violations.push(format!("{}: {text}", count.name()));
        });
    }

    /// How many there were.
    pub fn get(&self, count: Count) -> u64 {
        self.with(|inner| inner.counts.get(&count).copied().unwrap_or_default())
    }

    /// Every count that is not zero.
    pub fn counts(&self) -> BTreeMap<Count, u64> {
        self.with(|inner| inner.counts.clone())
    }

    /// Everything that must not have happened.
    pub fn violations(&self) -> Vec<String> {
        self.with(|inner| inner.violations.clone())
    }

    fn with<T>(&self, use_it: impl FnOnce(&mut Inner) -> T) -> T {
        // The counts are consistent even if a thread panicked.
        use_it(&mut self.0.lock())
    }
}
