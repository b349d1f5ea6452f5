//! What a change takes away, and the wait before it is answered.

use super::{Authority, Change};
use crate::cache::feed::SETTLED_AFTER;
use crate::cache::guards::Guard;
use crate::service::Service;
use crate::service::error::{Error, causes};

/// What a change takes away; the greater waits where the lesser does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[must_use = "what takes rights away is answered after a wait"]
pub(crate) enum Taken {
    /// Nobody loses a right.
    Nothing,
    /// Sessions end, and nothing else. Every request asks the database for its session, so nobody waits.
    Sessions,
    /// What it would take was gone before. Another call may have taken it just now, and not be answered yet.
    Before,
    /// Somebody loses a right that exchanges could answer by from memory.
    Now,
}

impl Taken {
    pub(crate) fn now_if(changed: bool) -> Self {
        if changed { Self::Now } else { Self::Before }
    }
}

impl Service {
    /// The one way of a change: runs it under `authority`, and returns once no server answers from before it.
    ///
    /// # Errors
    /// Those of the authority's check, then those of the change.
    pub(crate) async fn change<C: Change>(
        &self,
        authority: Authority,
        change: C,
    ) -> Result<C::Output, Error> {
        let (output, taken) = self.inner.changes.run(authority, change).await?;
        self.wait_until_settled(taken).await;
        Ok(output)
    }

    /// Waits as a change does that finds everything taken before, for a use case that makes no change because it finds
    /// that out by a read.
    pub(crate) async fn wait_for_taken_before(&self) {
        self.wait_until_settled(Taken::Before).await;
    }

    async fn wait_until_settled(&self, taken: Taken) {
        let guard = match taken {
            Taken::Nothing | Taken::Sessions => return,
            Taken::Before => Guard::WaitOfTheUnchanged,
            Taken::Now => Guard::Wait,
        };
        if self.inner.guards.stand(guard) {
            self.settle().await;
        }
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
