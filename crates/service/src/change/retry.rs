//! Trying a change again that the database undid: a serialisation failure, a deadlock, an abort by
//! another node.

use std::time::Duration;

use ats_pat_domain::EventId;
use ats_pat_domain::port::{ChangeOrder, StoreError};

use super::changes::Changes;
use super::{Authority, Change, Taken};
use crate::service::error::{Error, causes};

/// How long a change is tried again while the database asks for it; a caller that waits longer has
/// given up.
const PATIENCE: Duration = Duration::from_secs(10);

impl Changes {
    /// As [`run`](Self::run), here, with this id for the first event.
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
                    // At once, as a rule: what put it out is over.
                    self.pause(Duration::from_millis(4) * attempt.saturating_sub(7).clamp(1, 10))
                        .await?;
                    attempt += 1;
                }
                Err(Error::LogNotRead) if self.currency.is_patient() && attempt == 1 => {
                    // An operator's program reads the log when it is needed, and not while others
                    // wait for the lock. What takes away goes on even if that fails.
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

    /// Waits at least half of `longest`, and never as long as another that waits.
    pub(super) async fn pause(&self, longest: Duration) -> Result<(), Error> {
        let [random] = self.random::<1>()?;
        tokio::time::sleep(longest / 2 + longest.mul_f64(f64::from(random) / 512.0)).await;
        Ok(())
    }
}
