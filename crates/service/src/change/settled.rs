//! The answer to a change that takes rights away: when nobody answers from before it any more.

use crate::change::Outcome;
use crate::error::causes;
use crate::feed::SETTLED_AFTER;
use crate::guards::Guard;
use crate::service::Service;

/// Whether there was something to take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Now,
    /// Another call may have done it just now, and not be answered yet.
    Before,
}

impl Taken {
    pub(crate) fn now_if(changed: bool) -> Self {
        if changed { Self::Now } else { Self::Before }
    }
}

/// The proof that it was waited for.
pub(crate) struct Settled(());

impl Service {
    /// The outcome of a change that took rights away from exchanges, or found them gone: once no server answers from
    /// before it.
    pub(crate) async fn taken_away<T>(&self, taken: Taken, value: T) -> Outcome<T> {
        let guard = match taken {
            Taken::Now => Guard::Wait,
            Taken::Before => Guard::WaitOfTheUnchanged,
        };
        if self.inner.guards.stand(guard) {
            self.settle().await;
        }
        Outcome::takes_away(value, Settled(()))
    }

    /// A server that has its database for itself needs not wait for others: once it applied the change, it is over.
    async fn settle(&self) {
        if self.inner.alone {
            match self.poll_feed().await {
                Ok(()) => return,
                Err(error) => {
                    tracing::debug!(cause = %causes(&error), "the change is waited out");
                }
            }
        }
        tokio::time::sleep(SETTLED_AFTER).await;
    }
}
