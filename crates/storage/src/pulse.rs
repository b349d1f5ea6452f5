//! Whether the database answers at all.
//!
//! A database may hang, for example because its process is stopped or the network drops packets.
//! Then each statement waits as long as a statement may take. For the first ones that is right,
//! because a slow answer is better than none. Once the database is known to hang, other statements
//! are given up soon, so that callers get an answer soon.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr};
use tokio::time::{sleep, timeout};

/// The time without any answer after which the database is known to hang.
const SILENT_AFTER: Duration = Duration::from_secs(1);

/// How long a statement waits for a database that is known to hang. This is much longer than an
/// answer takes, so that the first statement after a recovery notices it.
const PATIENCE_IN_SILENCE: Duration = Duration::from_millis(700);

/// It is shared by all callers of one database.
#[derive(Default)]
pub(crate) struct Pulse {
    /// How many answers came.
    answers: AtomicU64,
    is_silent: AtomicBool,
}

impl Pulse {
    /// Whether the database is known to hang.
    pub(crate) fn is_silent(&self) -> bool {
        self.is_silent.load(Ordering::Relaxed)
    }

    /// Waits for an answer: at most `patience`, and less while the database is known to hang.
    pub(crate) async fn within<T>(
        &self,
        patience: Duration,
        statement: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        let patience = if self.is_silent() {
            patience.min(PATIENCE_IN_SILENCE)
        } else {
            patience
        };
        let before = self.answers.load(Ordering::Relaxed);
        let answer = timeout(patience, statement);
        tokio::pin!(answer);
        let answered = tokio::select! {
            biased;
            answered = &mut answer => answered,
            () = sleep(SILENT_AFTER) => {
                if self.answers.load(Ordering::Relaxed) == before {
                    self.is_silent.store(true, Ordering::Relaxed);
                }
                answer.await
            }
        };
        let timed_out = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let answered = answered.unwrap_or_else(|_| Err(timed_out()));
        // Waiting in vain for a connection is not an answer. Every other failure is one.
        if !matches!(answered, Err(DbErr::ConnectionAcquire(_))) {
            self.answers.fetch_add(1, Ordering::Relaxed);
            self.is_silent.store(false, Ordering::Relaxed);
        }
        answered
    }
}
