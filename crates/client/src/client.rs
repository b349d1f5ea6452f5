//! Who holds the personal access token, and hands out what it is exchanged for.

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

/// Holds a personal access token, and a bearer token that is fresh whenever it is asked for.
///
/// Clones are the same client: make one, and give it to whoever makes requests.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    keeper: Keeper,
    give_up_after: Duration,
    cache: Mutex<TokenCache>,
}

/// What is asked for.
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

    /// A bearer token that holds now.
    ///
    /// It comes without waiting while the last one holds; once most of its lifetime is over, a call also starts the
    /// exchange for the next, in a task of its own. Without one, all callers wait for one exchange, which goes on where
    /// a caller goes away. Needs Tokio's runtime.
    ///
    /// # Errors
    /// The service's refusal, which is not tried again before a second is over; or [`Error::Unavailable`], once what
    /// can be tried again was, and no token holds any more.
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
            // Its runtime ended, or it panicked; the next call begins anew.
            _ => Err(Error::unavailable(BrokenOff)),
        }
    }

    /// Says that an API answered 401 to a bearer token: the next call of [`bearer`](Self::bearer) exchanges again.
    ///
    /// A token that is no longer the current one changes nothing, so that many requests that failed together cause one
    /// exchange. Nor does another token within five seconds: an API that refuses everything must not make every request
    /// an exchange.
    pub fn invalidate(&self, bearer: &Bearer) {
        self.0.cache().invalidate(bearer, Instant::now());
    }

    /// Gives the personal access token of the file its next one now, and a bearer token of that. Where an earlier call was
    /// interrupted, it brings that to its end instead. Needs Tokio's runtime; the change goes on where the caller goes away.
    ///
    /// # Errors
    /// [`Error::NoFile`] for a client that has its token from no file, [`Error::FileInUse`] while another program does the
    /// same, [`Error::File`], and those of [`bearer`](Self::bearer); [`Error::SelfRegenerateNotAllowed`] for a token that
    /// was made without that right. The token in the file is good after each of them, or `FILE.next` is.
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

    /// Exchanges in a task of its own, so that a caller who goes away doesn't cancel it for the others.
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
        // Nothing in it panics half-way.
        self.cache.lock()
    }

    async fn ask(&self, ask: Ask) -> Result<Exchanged, Failed> {
        match ask {
            Ask::Exchange => self.keeper.exchange().await,
            Ask::Rotate => self.keeper.rotate().await,
        }
    }

    /// Asks until there is a token, a refusal, or no more time. A failure tells how long nobody should ask again.
    async fn until_it_is_settled(
        &self,
        ask: Ask,
    ) -> Result<(Bearer, Lifetime), (Error, Option<Duration>)> {
        let begun = Instant::now();
        // A difference: the sum of an instant and any duration is not always an instant.
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
