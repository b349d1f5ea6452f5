//! How far a verification came.

use std::sync::Arc;

use crate::ledger::reading_ahead::Retries;

/// How far a verification came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditProgress {
    /// The events are verified.
    Events {
        /// How many were.
        done: u64,
        /// About how many there are.
        count: u64,
    },
    /// The rows are compared with the events.
    Rows {
        /// How many were.
        done: u64,
        /// About how many there are.
        count: u64,
    },
    /// The database does not answer. The verification asks it again in five seconds.
    Waits,
}

/// Whoever wants to know how far a verification came. `None` if nobody does.
#[derive(Clone, Default)]
pub(super) struct Told(Option<Arc<dyn Fn(AuditProgress) + Send + Sync>>);

impl Told {
    pub(super) fn new(told: impl Fn(AuditProgress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    pub(super) fn tell(&self, progress: impl FnOnce() -> AuditProgress) {
        if let Some(told) = &self.0 {
            told(progress());
        }
    }

    /// Somebody who is told how far it came also waits for a database that restarts.
    pub(super) fn retries(&self) -> Retries {
        let Some(told) = self.0.clone() else {
            return Retries::default();
        };
        Retries::telling(Arc::new(move || told(AuditProgress::Waits)))
    }
}
