//! A read that requests wait for.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ats_pat_domain::port::StoreError;
use tokio::sync::watch;
use tracing::Span;

use super::known::Known;
use crate::service::error::Error;

/// The longest wait for a grant. A caller who waits longer should rather try again.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

type Outcome = Result<Option<Arc<Known>>, Arc<str>>;

/// A read of one grant.
pub(in crate::cache) struct Load {
    began: OnceLock<Duration>,
    outcome: watch::Sender<Option<Outcome>>,
    asked_in: Span,
}

impl Load {
    pub(super) fn new() -> Self {
        Self {
            began: OnceLock::new(),
            outcome: watch::Sender::new(None),
            asked_in: Span::current(),
        }
    }

    /// The span, in traces, of the request that asked first.
    pub(in crate::cache) fn asked_in(&self) -> &Span {
        &self.asked_in
    }

    /// Notes that the statement is sent now. `now` is a time since boot.
    pub(super) fn begin(&self, now: Duration) {
        let _ = self.began.set(now);
    }

    /// Whether the statement is sent at `earliest` or later, which includes a read that still
    /// waits.
    pub(in crate::cache) fn begins_at_or_after(&self, earliest: Duration) -> bool {
        self.began.get().is_none_or(|began| *began >= earliest)
    }

    pub(in crate::cache) fn finish(&self, outcome: Outcome) {
        self.outcome.send_replace(Some(outcome));
    }

    /// Waits for the result.
    pub(in crate::cache) async fn wait(&self) -> Result<Option<Arc<Known>>, Error> {
        let mut outcome = self.outcome.subscribe();
        let found = tokio::time::timeout(PATIENCE, outcome.wait_for(Option::is_some)).await;
        match found.as_ref().map(|found| found.as_deref()) {
            Ok(Ok(Some(Ok(known)))) => Ok(known.clone()),
            Ok(Ok(Some(Err(cause)))) => Err(Self::unavailable(cause)),
            Ok(_) => Err(Self::unavailable("the read was broken off")),
            Err(_) => Err(Self::unavailable("the read waited too long for its turn")),
        }
    }

    fn unavailable(cause: &str) -> Error {
        StoreError::Unavailable(cause.into()).into()
    }
}
