//! Whether the client still reads the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static PACE: Arc<Pace>;
}

/// How fast the client reads the answers of a connection. The connection asks for the next piece
/// when there is room for it, that is, when the client has read some of the last.
#[derive(Default)]
pub(crate) struct Pace {
    asked: AtomicU64,
    sending: AtomicBool,
}

impl Pace {
    /// Runs `sender` with this pace for the answers that it sends.
    pub(crate) fn of<F: Future>(self: Arc<Self>, sender: F) -> TaskLocalFuture<Arc<Self>, F> {
        PACE.scope(self, sender)
    }

    /// The pace of the sender that is running now. Outside any sender, it is one that is not
    /// watched.
    pub(crate) fn current() -> Arc<Self> {
        PACE.try_with(Arc::clone).unwrap_or_default()
    }

    /// The connection asks for the next piece.
    pub(crate) fn ask(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.sending.store(false, Ordering::Relaxed);
    }

    /// A piece was handed to the connection.
    pub(crate) fn hand_over(&self) {
        self.sending.store(true, Ordering::Relaxed);
    }

    /// Completes when the next piece was not requested for `limit`, or up to twice as long.
    pub(crate) async fn stalled(&self, limit: Duration) {
        loop {
            let before = self.asked.load(Ordering::Relaxed);
            tokio::time::sleep(limit).await;
            let asked = self.asked.load(Ordering::Relaxed);
            if asked == before && self.sending.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    async fn is_stalled(pace: &Pace) -> bool {
        tokio::time::timeout(5 * LIMIT, pace.stalled(LIMIT))
            .await
            .is_ok()
    }

    #[tokio::test]
    async fn only_a_piece_that_nobody_takes_is_stalled() {
        let pace = Pace::default();
        assert!(!is_stalled(&pace).await, "nothing to send");
        pace.ask();
        assert!(!is_stalled(&pace).await, "the next piece is being made");
        pace.hand_over();
        assert!(is_stalled(&pace).await, "a piece is being sent");
        pace.ask();
        assert!(!is_stalled(&pace).await, "it was taken");
    }
}
