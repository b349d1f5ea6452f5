//! Tokio's clock, stopped. Only the test moves it.

use std::sync::mpsc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

/// While this exists, time passes only when the test says so. Network traffic goes on.
pub struct StoppedTime {
    begun: Instant,
    // A blocking task keeps Tokio from moving the clock to the next timer while it waits for the
    // network.
    _until_dropped: mpsc::Sender<()>,
}

impl StoppedTime {
    pub fn new() -> Self {
        tokio::time::pause();
        let (until_dropped, dropped) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || dropped.recv());
        Self {
            begun: Instant::now(),
            _until_dropped: until_dropped,
        }
    }

    pub async fn pass(&self, seconds: u64) {
        advance(Duration::from_secs(seconds)).await;
    }

    /// How long it is since time was stopped.
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Lets time pass, slowly compared with the network, until `task` is done.
    pub async fn pass_until_done<T>(&self, mut task: JoinHandle<T>) -> T {
        while !task.is_finished() {
            advance(Duration::from_millis(10)).await;
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        }
        (&mut task).await.unwrap()
    }
}
