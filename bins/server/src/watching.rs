//! The operations listener of this server, and the work that only its readers need.

use ats_pat_telemetry::{Operations, Watched, limits};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::output::say;
use crate::signals::until;

/// A listener for metrics and health. It runs beside the workers, so it answers while they are
/// busy.
pub struct Watching {
    end: watch::Sender<bool>,
    listening: JoinHandle<()>,
    counting: JoinHandle<()>,
}

impl Watching {
    /// Starts it. Tokens are counted until `shutdown`. The listener goes on until
    /// [`end`](Self::end), because operators watch a server that ends, too.
    pub fn start(listener: TcpListener, watched: Watched, shutdown: watch::Receiver<bool>) -> Self {
        if let Ok(address) = listener.local_addr() {
            say(&format!("metrics and health on http://{address}"));
        }
        let service = watched.service.clone();
        let counting = tokio::spawn(async move { service.run_count(until(shutdown)).await });
        let (end, ended) = watch::channel(false);
        let endpoint = Operations::new(watched);
        let listening = tokio::spawn(async move {
            ats_pat_http::serve(listener, endpoint, limits(), until(ended)).await;
        });
        Self {
            end,
            listening,
            counting,
        }
    }

    /// Closes the listener.
    pub async fn end(self) {
        self.end.send_replace(true);
        // A panic of one is in the log.
        let _ = tokio::join!(self.listening, self.counting);
    }
}
