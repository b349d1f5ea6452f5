//! The tokens that a client has, and what it does next. This file only decides, and never waits.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::bearer::Bearer;
use crate::error::Error;
use crate::lifetime::Lifetime;

/// The result of an exchange.
pub type Outcome = Result<Bearer, Error>;
/// An exchange under way, for the callers that wait for it.
pub type PendingOutcome = watch::Receiver<Option<Outcome>>;
/// The same, for the task that makes it.
pub type OutcomeSender = watch::Sender<Option<Outcome>>;

/// How long the error of a failed exchange is returned without another exchange.
const PAUSE: Duration = Duration::from_secs(1);
/// The shortest time between two tokens that may be called invalid.
const INVALIDATION_INTERVAL: Duration = Duration::from_secs(5);

/// The current token, the exchange under way, and the last failure.
#[derive(Default)]
pub struct TokenCache {
    current: Option<(Bearer, Lifetime)>,
    pending: Option<PendingOutcome>,
    failure: Option<(Error, Instant)>,
    invalidated_at: Option<Instant>,
}

/// What a caller gets.
pub enum Next {
    /// This result, at once.
    Served(Outcome),
    /// This token, at once. The caller has to make an exchange.
    Renewing(Bearer, OutcomeSender),
    /// The result of an exchange that the caller has to make.
    Begun(PendingOutcome, OutcomeSender),
    /// The result of the exchange under way.
    UnderWay(PendingOutcome),
}

impl TokenCache {
    /// What a caller gets at `now`. A caller that gets a sender makes the exchange, reports it to
    /// [`finish`](Self::finish) and sends the result.
    pub fn next(&mut self, now: Instant) -> Next {
        let under_way = self.under_way();
        let failure = self.failure.as_ref().filter(|(_, until)| now < *until);
        if let Some((bearer, lifetime)) = &self.current
            && lifetime.holds_at(now)
        {
            let bearer = bearer.clone();
            let is_due = lifetime.wants_renewal_at(now) && failure.is_none();
            return if is_due && under_way.is_none() {
                Next::Renewing(bearer, self.begin().1)
            } else {
                Next::Served(Ok(bearer))
            };
        }
        if let Some(pending) = under_way {
            return Next::UnderWay(pending);
        }
        if let Some((error, _)) = failure {
            return Next::Served(Err(error.clone()));
        }
        let (pending, sender) = self.begin();
        Next::Begun(pending, sender)
    }

    /// Records the result of the exchange, and returns what its callers get. A failure says how
    /// long no caller should ask again, if the service said so.
    pub fn finish(
        &mut self,
        outcome: Result<(Bearer, Lifetime), (Error, Option<Duration>)>,
        now: Instant,
    ) -> Outcome {
        self.pending = None;
        match outcome {
            Ok((bearer, lifetime)) => {
                self.failure = None;
                self.current = Some((bearer.clone(), lifetime));
                Ok(bearer)
            }
            Err((error, pause)) => {
                // A refusal also ends the earlier tokens. An absent service doesn't. A token that
                // is refused here doesn't either, because the earlier one was requested in the same
                // way.
                if error.refusal().is_some() {
                    self.current = None;
                }
                let until = now + pause.unwrap_or_default().max(PAUSE);
                self.failure = Some((error.clone(), until));
                Err(error)
            }
        }
    }

    /// Drops `bearer` if it is the current one, unless another was dropped a moment ago.
    pub fn invalidate(&mut self, bearer: &Bearer, now: Instant) {
        let is_current = self
            .current
            .as_ref()
            .is_some_and(|(current, _)| current.is(bearer));
        let is_too_soon = self
            .invalidated_at
            .is_some_and(|before| now < before + INVALIDATION_INTERVAL);
        if is_current && !is_too_soon {
            self.current = None;
            self.invalidated_at = Some(now);
        }
    }

    fn begin(&mut self) -> (PendingOutcome, OutcomeSender) {
        let (sender, pending) = watch::channel(None);
        self.pending = Some(pending.clone());
        (pending, sender)
    }

    /// The exchange under way. If its task is gone, there is none.
    fn under_way(&self) -> Option<PendingOutcome> {
        let pending = self.pending.as_ref()?;
        pending.has_changed().is_ok().then(|| pending.clone())
    }
}
