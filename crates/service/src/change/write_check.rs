//! Whether the database keeps what it is given: told by changes, and proven by a write where none
//! told lately.

use std::time::Duration;

use ats_pat_domain::port::{Clock, Store, StoreError};
use parking_lot::Mutex;

use crate::service::error::causes;

/// How long a write that worked counts.
const WORKED_FOR: Duration = Duration::from_secs(5);
/// How long one that failed counts.
const FAILED_FOR: Duration = Duration::from_secs(1);
/// How many bytes a proof writes as a rule.
const PROOF: usize = 64;
/// How many where a write failed before: more than a change, so that the next change fits too.
const PROOF_AFTER_A_FAILURE: usize = 32 * 1024;

/// What was last seen of writes.
#[derive(Default)]
pub(crate) struct WriteCheck {
    state: Mutex<State>,
    /// One proof at a time.
    proving: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Why writes fail, for operators.
    failure: Option<String>,
    /// When this was last proven, by time since boot.
    proven_at: Option<Duration>,
}

impl WriteCheck {
    /// A change was kept.
    pub(crate) fn worked(&self, at: Duration) {
        let mut state = self.state.lock();
        state.proven_at = Some(at);
        if state.failure.take().is_some() {
            tracing::info!("the database keeps what is written again");
        }
    }

    /// A change failed; only a failure of the storage is of interest.
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

    /// What is known at `now`; `None` where it has to be proven.
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

    /// Whether the database keeps what it is given, by a write that is at most five seconds old.
    ///
    /// # Errors
    /// Why it does not, for operators.
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

    /// Where writes failed, looks whether they work again.
    pub(crate) async fn recheck(&self, store: &dyn Store, clock: &dyn Clock) {
        if self.has_failed() {
            // What it finds is noted and logged.
            let _ = self.check(store, clock).await;
        }
    }
}
