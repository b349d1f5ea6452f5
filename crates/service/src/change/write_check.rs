//! Whether the database can store changes. Changes report it. If there was none lately, a test
//! write finds out.

use std::time::Duration;

use ats_pat_domain::port::{Clock, Store, StoreError};
use parking_lot::Mutex;

use crate::service::error::causes;

/// How long a successful write counts.
const WORKED_FOR: Duration = Duration::from_secs(5);
/// How long a failed write counts.
const FAILED_FOR: Duration = Duration::from_secs(1);
/// The usual size of a test write, in bytes.
const PROOF: usize = 64;
/// The size after a failed write, in bytes. It is larger than a change, so that the next change
/// will fit.
const PROOF_AFTER_A_FAILURE: usize = 32 * 1024;

/// The results of the last writes.
#[derive(Default)]
pub(crate) struct WriteCheck {
    state: Mutex<State>,
    /// Only one test write runs at a time.
    proving: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Why writes fail, for operators.
    failure: Option<String>,
    /// When a test write last ended, as a time since boot.
    proven_at: Option<Duration>,
}

impl WriteCheck {
    /// Notes a change that was stored.
    pub(crate) fn worked(&self, at: Duration) {
        let mut state = self.state.lock();
        state.proven_at = Some(at);
        if state.failure.take().is_some() {
            tracing::info!("the database keeps what is written again");
        }
    }

    /// Notes a change that failed. Only failures of the storage count.
    pub(crate) fn failed(&self, error: &StoreError) {
        if let StoreError::Storage { failure, .. } = error {
            self.note(failure.to_string(), error, None);
        }
    }

    fn note(&self, reason: String, error: &StoreError, at: Option<Duration>) {
        let mut state = self.state.lock();
        state.proven_at = at.or(state.proven_at);
        if state.failure.as_ref() != Some(&reason) {
            tracing::error!(cause = %causes(error), "the database does not keep what is written");
            state.failure = Some(reason);
        }
    }

    /// The result that still counts at `now`. `None` if a test write is needed.
    fn known(&self, now: Duration) -> Option<Result<(), String>> {
        let state = self.state.lock();
        let age = now.saturating_sub(state.proven_at?);
        match &state.failure {
            None => (age < WORKED_FOR).then_some(Ok(())),
            Some(reason) => (age < FAILED_FOR).then(|| Err(reason.clone())),
        }
    }

    fn has_failed(&self) -> bool {
        self.state.lock().failure.is_some()
    }

    /// Checks whether the database can store changes, by a write in the last five seconds.
    ///
    /// # Errors
    /// Why it can't, for operators.
    pub(crate) async fn check(&self, store: &dyn Store, clock: &dyn Clock) -> Result<(), String> {
        let _proving = self.proving.lock().await;
        if let Some(known) = self.known(clock.since_boot()) {
            return known;
        }
        let size = if self.has_failed() {
            PROOF_AFTER_A_FAILURE
        } else {
            PROOF
        };
        let proven = store.prove_write(size).await;
        let now = clock.since_boot();
        match proven {
            Ok(()) => {
                self.worked(now);
                Ok(())
            }
            Err(error) => {
                let reason = match &error {
                    StoreError::Storage { failure, .. } => failure.to_string(),
                    _ => "could not be written; see the log".to_owned(),
                };
                self.note(reason.clone(), &error, Some(now));
                Err(reason)
            }
        }
    }

    /// If writes failed, checks whether they work again.
    pub(crate) async fn recheck(&self, store: &dyn Store, clock: &dyn Clock) {
        if self.has_failed() {
            // The check itself notes and logs its result.
            let _ = self.check(store, clock).await;
        }
    }
}
