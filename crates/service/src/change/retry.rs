//! Tries a change again if the database undid it: a serialisation failure, a deadlock, or an abort
//! by another node.

use std::time::Duration;

use ats_pat_domain::EventId;
use ats_pat_domain::port::{ChangeOrder, StoreError};

use super::changes::Changes;
use super::{Authority, Change, Taken};
use crate::service::error::{Error, causes};

/// How long a change is tried again. A caller who waited longer has given up.
const PATIENCE: Duration = Duration::from_secs(10);

impl Changes {
    /// Like [`run`](Self::run), but in this task, and with this id for the first event.
    pub(crate) async fn run_as<C: Change>(
        &self,
        authority: &Authority,
        change: &C,
        id: EventId,
    ) -> Result<(C::Output, Taken), Error> {
        let begun = self.clock.since_boot();
        let mut attempt = 1_u32;
        loop {
            let order = if attempt == 1 {
                ChangeOrder::Last
            } else {
                ChangeOrder::First
            };
            match self.attempt(authority, change, id, order).await {
                Err(Error::Store(StoreError::Retryable(cause)))
                    if self.clock.since_boot().saturating_sub(begun) < PATIENCE =>
                {
                    tracing::debug!(attempt, cause, "the database asks to try a change again");
                    // The first pauses are short, because the cause is usually over.
                    self.pause(Duration::from_millis(4) * attempt.saturating_sub(7).clamp(1, 10))
                        .await?;
                    attempt += 1;
                }
                Err(Error::LogNotRead) if self.currency.is_patient() && attempt == 1 => {
                    // An operator's program reads the log when it needs it, but not while others
                    // wait for the lock. A change that takes rights away goes on even if this
                    // fails.
                    let head = self.store.events().head().await?;
                    if let Err(error) = self.currency.follow_to(head).await {
                        tracing::warn!(cause = %causes(&error), "the event log could not be read");
                    }
                    attempt += 1;
                }
                other => {
                    if let Err(Error::Store(error)) = &other {
                        self.writes.failed(error);
                    }
                    return other;
                }
            }
        }
    }

    /// Waits a random time between half of `longest` and all of it, so that two changes don't meet
    /// again.
    pub(super) async fn pause(&self, longest: Duration) -> Result<(), Error> {
        let [random] = self.random::<1>()?;
        tokio::time::sleep(longest / 2 + longest.mul_f64(f64::from(random) / 512.0)).await;
        Ok(())
    }
}
