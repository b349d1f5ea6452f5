//! The places of the sign-ins of one address.

use std::sync::Arc;

use ats_pat_measure::{Level, Stay};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many sign-ins from one address are judged at once, so that it can't occupy all places.
const PLACES: usize = 16;

/// The sign-ins of one address: those that are judged, and those that wait.
pub(super) struct Places {
    at_once: Arc<Semaphore>,
    waiting: Level,
}

impl Places {
    pub(super) fn new() -> Self {
        Self {
            at_once: Arc::new(Semaphore::new(PLACES)),
            waiting: Level::default(),
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        usize::try_from(self.waiting.now()).unwrap_or_default()
    }

    /// Counts one that waits, until the value that this returns is dropped.
    pub(super) fn wait(&self) -> Stay<'_> {
        self.waiting.enter()
    }

    /// Whether no sign-in is judged.
    pub(super) fn are_free(&self) -> bool {
        self.at_once.available_permits() == PLACES
    }

    /// Waits for a place.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.at_once).acquire_owned().await.ok()
    }
}
