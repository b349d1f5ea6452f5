//! The operations listener of this server, and the work that only its readers need.

use ats_pat_telemetry::{Operations, Watched, limits};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::output::say;
use crate::signals::{Ending, until};

/// A listener for metrics and health. It runs beside the workers, so it answers while they are
/// busy.
pub struct Watching {
    end: watch::Sender<bool>,
    listening: JoinHandle<()>,
    counting: JoinHandle<()>,
}

impl Watching {
    /// Starts it. Tokens are counted until the server ends. The listener goes on until
    /// [`end`](Self::end), because operators watch a server that ends, too.
    pub fn start(listener: TcpListener, watched: Watched, ending: watch::Receiver<Ending>) -> Self {
        if let Ok(address) = listener.local_addr() {
            say(&format!("metrics and health on http://{address}"));
        }
        let service = watched.service.clone();
        let counting =
            tokio::spawn(async move { service.run_count(until(ending, Ending::Now)).await });
        let (end, mut ended) = watch::channel(false);
        let endpoint = Operations::new(watched);
        let listening = tokio::spawn(async move {
            // An error means that nobody will say so, so there is nothing to wait for.
            let until_then = async { drop(ended.wait_for(|ended| *ended).await) };
            ats_pat_http::serve(listener, endpoint, limits(), until_then).await;
        });
        Self {
            end,
            listening,
            counting,
        }
    }

    /// Closes the listener, once the server itself has ended.
    pub async fn end(self) {
        self.end.send_replace(true);
        // A panic of one is in the log.
        let _ = tokio::join!(self.listening, self.counting);
    }
}
