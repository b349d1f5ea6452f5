//! The client. It has the personal access token, and returns the tokens from its exchanges.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep, timeout};

use crate::answer::{Exchanged, Failed};
use crate::bearer::Bearer;
use crate::error::Error;
use crate::keeper::Keeper;
use crate::lifetime::Lifetime;
use crate::retry::Backoff;
use crate::token_cache::{Next, OutcomeSender, TokenCache};

/// Has a personal access token, and returns a bearer token that is valid.
///
/// Clones are the same client. Make one, and give it to all code that makes requests.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    keeper: Keeper,
    give_up_after: Duration,
    cache: Mutex<TokenCache>,
}

/// What the task has to do.
#[derive(Clone, Copy)]
enum Ask {
    Exchange,
    Rotate,
}

impl Client {
    pub(crate) fn new(keeper: Keeper, give_up_after: Duration) -> Self {
        Self(Arc::new(Inner {
            keeper,
            give_up_after,
            cache: Mutex::default(),
        }))
    }

    /// A bearer token that is valid now.
    ///
    /// It returns without waiting while the last token is valid. When most of the lifetime is over,
    /// a call also starts the next exchange, in a task of its own. If there is no token, all
    /// callers wait for one exchange. The exchange goes on if a caller goes away. It needs Tokio's
    /// runtime.
    ///
    /// # Errors
    /// The service's refusal, which is not tried again for a second. Or [`Error::Unavailable`],
    /// when all retries have failed and no token is valid any more.
    pub async fn bearer(&self) -> Result<Bearer, Error> {
        let next = self.0.cache().next(Instant::now());
        let mut pending = match next {
            Next::Served(outcome) => return outcome,
            Next::Renewing(bearer, sender) => {
                self.start_exchange(sender);
                return Ok(bearer);
            }
            Next::Begun(pending, sender) => {
                self.start_exchange(sender);
                pending
            }
            Next::UnderWay(pending) => pending,
        };
        match pending.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            // The task's runtime ended, or the task panicked. The next call starts again.
            _ => Err(Error::unavailable(BrokenOff)),
        }
    }

    /// Tells the client that an API answered 401 to a bearer token. The next call of
    /// [`bearer`](Self::bearer) exchanges again.
    ///
    /// If `bearer` is no longer the current token, nothing happens, so that many requests that
    /// failed together cause one exchange. A second token within five seconds is ignored too, so
    /// that an API that refuses everything doesn't turn every request into an exchange.
    pub fn invalidate(&self, bearer: &Bearer) {
        self.0.cache().invalidate(bearer, Instant::now());
    }

    /// Replaces the personal access token of the file by its next one now, and returns a bearer
    /// token of the new one. If an earlier call was interrupted, this completes it instead. It
    /// needs Tokio's runtime. The change goes on if the caller goes away.
    ///
    /// # Errors
    /// [`Error::NoFile`] if the client's token is not from a file. [`Error::FileInUse`] while
    /// another program does the same. [`Error::SelfRegenerateNotAllowed`] if the token was made
    /// without that right. [`Error::File`], and the errors of [`bearer`](Self::bearer). After each
    /// of them, the token in the file or the one in `FILE.next` works.
    pub async fn rotate(&self) -> Result<Bearer, Error> {
        let inner = Arc::clone(&self.0);
        let rotated = tokio::spawn(async move {
            let outcome = inner.until_it_is_settled(Ask::Rotate).await;
            inner.cache().finish(outcome, Instant::now())
        });
        rotated
            .await
            .unwrap_or_else(|_| Err(Error::unavailable(BrokenOff)))
    }

    /// Exchanges in a task of its own, so that a caller who goes away doesn't cancel the exchange
    /// for the others.
    fn start_exchange(&self, sender: OutcomeSender) {
        let inner = Arc::clone(&self.0);
        tokio::spawn(async move {
            let outcome = inner.until_it_is_settled(Ask::Exchange).await;
            let outcome = inner.cache().finish(outcome, Instant::now());
            sender.send_replace(Some(outcome));
        });
    }
}

impl Inner {
    fn cache(&self) -> MutexGuard<'_, TokenCache> {
        // No code that holds the lock can panic half-way.
        self.cache.lock()
    }

    async fn ask(&self, ask: Ask) -> Result<Exchanged, Failed> {
        match ask {
            Ask::Exchange => self.keeper.exchange().await,
            Ask::Rotate => self.keeper.rotate().await,
        }
    }

    /// Asks until there is a token or a refusal, or until the time is over. A failure says how long
    /// no caller should ask again.
    async fn until_it_is_settled(
        &self,
        ask: Ask,
    ) -> Result<(Bearer, Lifetime), (Error, Option<Duration>)> {
        let begun = Instant::now();
        // A difference, because the sum of an instant and a duration may be too large for an
        // instant.
        let left = || self.give_up_after.saturating_sub(begun.elapsed());
        let mut backoff = Backoff::new();
        let mut last = None;
        loop {
            let asked_at = Instant::now();
            let Ok(answer) = timeout(left(), self.ask(ask)).await else {
                return Err(last.unwrap_or_else(|| (Error::unavailable(TimeOver), None)));
            };
            let Failed { error, retry } = match answer {
                Ok(Exchanged {
                    bearer, lifetime, ..
                }) => {
                    let lifetime = Lifetime::new(asked_at, lifetime, fastrand::f64());
                    return Ok((bearer, lifetime));
                }
                Err(failed) => failed,
            };
            let Some(wait) = backoff.wait(retry, fastrand::f64()) else {
                return Err((error, None));
            };
            if wait >= left() {
                return Err((error, Some(wait)));
            }
            last = Some((error, None));
            sleep(wait).await;
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service", &self.0.keeper.service())
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the exchange was broken off")]
struct BrokenOff;

#[derive(Debug, thiserror::Error)]
#[error("the service did not answer in time")]
struct TimeOver;
