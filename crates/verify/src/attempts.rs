//! Attempts to read something anew: one at a time, however many wait for it.

use tokio::sync::watch;

/// The attempts of one background task, and those who wait for them.
pub(crate) struct Attempts {
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    begun: u64,
    ended: u64,
    last_failed: bool,
    /// Whether somebody waits for an attempt that has not begun.
    wanted: bool,
}

/// What waiting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// It still was not there after an attempt that began after the waiting.
    Absent,
    /// The attempt failed, so that nobody knows.
    Failed,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            progress: watch::Sender::new(Progress::default()),
        }
    }

    /// What `look` finds: now, after the attempt that is under way, or after the next one, which it asks for.
    pub(crate) async fn find<T>(&self, look: impl Fn() -> Option<T>) -> Result<T, Missed> {
        let mut progress = self.progress.subscribe();
        let arrived = *progress.borrow();
        loop {
            // Read before the look: an attempt that ends in between is seen as a change.
            let seen = *progress.borrow_and_update();
            if let Some(found) = look() {
                return Ok(found);
            }
            if seen.ended > arrived.ended && seen.last_failed {
                return Err(Missed::Failed);
            }
            if seen.ended > arrived.begun {
                return Err(Missed::Absent);
            }
            if seen.begun == seen.ended && !seen.wanted {
                self.progress.send_modify(|progress| progress.wanted = true);
            }
            if progress.changed().await.is_err() {
                return Err(Missed::Failed);
            }
        }
    }

    /// Completes once somebody waits for an attempt that nobody makes.
    pub(crate) async fn wanted(&self) {
        let mut progress = self.progress.subscribe();
        // It fails only without a sender, which is here.
        let _ = progress.wait_for(|progress| progress.wanted).await;
    }

    /// Tells those who wait that an attempt begins.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.progress.send_modify(|progress| {
            progress.begun += 1;
            progress.wanted = false;
        });
        InFlight {
            attempts: self,
            succeeded: false,
        }
    }
}

/// An attempt under way. Dropping it ends it: as failed, unless it was said to have succeeded.
pub(crate) struct InFlight<'a> {
    attempts: &'a Attempts,
    succeeded: bool,
}

impl InFlight<'_> {
    pub(crate) fn succeed(mut self) {
        self.succeeded = true;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.attempts.progress.send_modify(|progress| {
            progress.ended = progress.begun;
            progress.last_failed = !self.succeeded;
        });
    }
}
