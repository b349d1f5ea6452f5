//! Attempts to read something again: one at a time, however many callers wait for it.

use tokio::sync::watch;

/// The attempts of one background task, and the callers that wait for them.
pub(crate) struct Attempts {
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    begun: u64,
    ended: u64,
    last_failed: bool,
    /// Whether a caller waits for an attempt that has not begun.
    wanted: bool,
    /// Whether no task makes attempts any more.
    stopped: bool,
}

/// The result of a wait that found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missed {
    /// An attempt that began after the wait did not find it either.
    Absent,
    /// The attempt failed, or no task makes attempts. It is not known whether it exists.
    Failed,
}

impl Attempts {
    pub(crate) fn new() -> Self {
        Self {
            progress: watch::Sender::new(Progress::default()),
        }
    }

    /// Returns what `look` finds: now, after the attempt that is under way, or after the next one.
    /// It asks for that next attempt.
    pub(crate) async fn find<T>(&self, look: impl Fn() -> Option<T>) -> Result<T, Missed> {
        let mut progress = self.progress.subscribe();
        let arrived = *progress.borrow();
        loop {
            // Read before `look` is called, so that an attempt that ends in between is seen as a
            // change.
            let seen = *progress.borrow_and_update();
            if let Some(found) = look() {
                return Ok(found);
            }
            // A change alone doesn't tell this, because the attempts may have stopped before this
            // caller waited.
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

    /// Completes when a caller waits for an attempt that has not begun.
    pub(crate) async fn wanted(&self) {
        let mut progress = self.progress.subscribe();
        // It fails only if there is no sender, and `self` has the sender.
        let _ = progress.wait_for(|progress| progress.wanted).await;
    }

    /// From now on a task makes attempts.
    pub(crate) fn start(&self) {
        self.progress
            .send_modify(|progress| progress.stopped = false);
    }

    /// From now on no task makes attempts. Every caller that waits, now or later, gets
    /// [`Missed::Failed`].
    pub(crate) fn stop(&self) {
        self.progress
            .send_modify(|progress| progress.stopped = true);
    }

    /// Tells the waiting callers that an attempt begins.
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

/// An attempt under way. Dropping it ends it, as failed unless it was said to have succeeded.
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

    /// A caller may read that a task follows the issuer, and begin to wait only after that task has
    /// ended.
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
