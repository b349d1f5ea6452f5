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
    /// Whether nobody makes attempts any more.
    stopped: bool,
}

/// What waiting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// It still was not there after an attempt that began after the waiting.
    Absent,
    /// The attempt failed, or nobody makes any, so that nobody knows.
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
            // Not told from a change alone: they may have been stopped before this caller waited.
            if seen.stopped || (seen.ended > arrived.ended && seen.last_failed) {
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

    /// From now on somebody makes attempts.
    pub(crate) fn start(&self) {
        self.progress
            .send_modify(|progress| progress.stopped = false);
    }

    /// From now on nobody makes attempts: who waits, or comes to wait, gets [`Missed::Failed`].
    pub(crate) fn stop(&self) {
        self.progress
            .send_modify(|progress| progress.stopped = true);
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// One that read that somebody follows, and came to wait only after that one's end.
    #[test]
    fn who_comes_after_the_last_attempt_does_not_wait_for_another() {
        let attempts = Attempts::new();
        attempts.begin().succeed();
        attempts.stop();
        let nothing = || attempts.find(|| None::<()>).now_or_never();
        assert_eq!(nothing(), Some(Err(Missed::Failed)));
        assert_eq!(attempts.find(|| Some(1)).now_or_never(), Some(Ok(1)));
        attempts.start();
        assert_eq!(nothing(), None);
    }
}
