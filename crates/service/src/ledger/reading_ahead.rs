//! What long readings of the log and of the rows share.

use std::future::{Future, pending};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::StoreError;
use tokio::task::JoinError;
use tokio::time::{Instant, sleep};

use crate::service::error::Error;

/// How long to wait before a page is asked for again.
const PAUSE: Duration = Duration::from_secs(5);
/// For how long, so that a database can restart or fail over.
const PATIENCE: Duration = Duration::from_mins(10);

/// Whether a page is asked for again if the database does not answer. A reading of many minutes
/// would have to begin anew.
#[derive(Clone, Default)]
pub(crate) struct Retries {
    /// Is told of each wait. `None` if nothing is asked for again.
    told: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Retries {
    pub(crate) fn telling(told: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { told: Some(told) }
    }

    /// Reads something, such as a page.
    pub(crate) async fn read<T, E, F>(&self, read: impl Fn() -> F) -> Result<T, E>
    where
        E: Outage,
        F: Future<Output = Result<T, E>>,
    {
        let Some(told) = &self.told else {
            return read().await;
        };
        let begun = Instant::now();
        loop {
            match read().await {
                Err(error) if error.is_outage() && begun.elapsed() < PATIENCE => {
                    told();
                    sleep(PAUSE).await;
                }
                other => return other,
            }
        }
    }
}

/// An error after which the same may succeed once the database answers again.
pub(crate) trait Outage {
    fn is_outage(&self) -> bool;
}

impl Outage for StoreError {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Retryable(_))
    }
}

impl Outage for Error {
    fn is_outage(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_outage())
    }
}

/// The result of a task. If the task panicked, the caller does, too.
pub(crate) async fn finished<T>(task: impl Future<Output = Result<T, JoinError>>) -> T {
    match task.await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime ends, and drops the caller, too.
            Err(_) => pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A database that does not answer so many times. Gives the result, and the number of reads
    /// and of waits.
    async fn read_from_a_database_that_is_away(
        failures: u32,
        is_patient: bool,
    ) -> (Result<u32, StoreError>, u32, u32) {
        let (reads, waits) = (AtomicU32::new(0), Arc::new(AtomicU32::new(0)));
        let retries = if is_patient {
            let waits = Arc::clone(&waits);
            Retries::telling(Arc::new(move || {
                waits.fetch_add(1, Ordering::Relaxed);
            }))
        } else {
            Retries::default()
        };
        let result = retries.read(async || match reads.fetch_add(1, Ordering::Relaxed) {
            read if read < failures => Err(StoreError::Unavailable("it restarts".into())),
            read => Ok(read),
        });
        let result = result.await;
        (result, reads.into_inner(), waits.load(Ordering::Relaxed))
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_read_once_the_database_is_back_and_each_wait_is_told() {
        let (result, reads, waits) = read_from_a_database_that_is_away(3, true).await;
        assert_eq!((result.unwrap(), reads, waits), (3, 4, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_database_that_stays_away_is_given_up_after_ten_minutes() {
        let began = Instant::now();
        let (result, _, waits) = read_from_a_database_that_is_away(u32::MAX, true).await;
        assert!(matches!(result, Err(StoreError::Unavailable(_))));
        assert_eq!((waits, began.elapsed()), (120, Duration::from_mins(10)));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_else_waits() {
        let (result, reads, waits) = read_from_a_database_that_is_away(1, false).await;
        assert!(matches!(result, Err(StoreError::Unavailable(_))));
        assert_eq!((reads, waits), (1, 0));
    }
}
