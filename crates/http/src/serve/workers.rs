use std::io;
use std::thread;

use poem::IntoEndpoint;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use super::{Limits, Listeners, Serving, start};

/// Threads that serve, one for each accept queue, each with a runtime of its own: a connection stays on one
/// core, and what serves it waits for no other thread.
pub struct Workers {
    serving: Serving,
    end: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts a thread for each queue of `listeners`. They serve HTTP/1.1; the limits are those of all of them
    /// together. The error is the system's, which has no more threads or descriptors to give.
    pub fn start<E>(listeners: Listeners, endpoint: E, limits: Limits) -> io::Result<Self>
    where
        E: IntoEndpoint + 'static,
        E::Endpoint: 'static,
    {
        let (serving, acceptor) = start(endpoint, limits);
        let (end, asked_to_end) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        for (index, queue) in listeners.into_queues().into_iter().enumerate() {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let queue = {
                let _its_own = runtime.enter();
                TcpListener::from_std(queue)?
            };
            let (acceptor, mut end, alive) =
                (acceptor.clone(), asked_to_end.clone(), alive.clone());
            thread::Builder::new()
                .name(format!("serve-{index}"))
                .spawn(move || {
                    runtime.block_on(async {
                        acceptor.accept(queue).await;
                        // An error means that nobody will ask: there is nothing to wait for.
                        let _ = end.wait_for(|asked| *asked).await;
                    });
                    drop(runtime);
                    drop(alive);
                })?;
        }
        Ok(Self {
            serving,
            end,
            ended,
        })
    }

    /// Lets them serve until `shutdown` is done, and the requests under way end then, for at most
    /// [`Limits::shutdown_timeout`].
    ///
    /// Their runtimes work on: database connections that were opened in a request belong to them, and so does work that
    /// outlives its request. Close the database, then [`end`](Self::end) them.
    pub async fn serve(&self, shutdown: impl Future<Output = ()>) {
        self.serving.until(shutdown).await;
    }

    /// Ends threads and runtimes.
    pub async fn end(mut self) {
        self.end.send_replace(true);
        // Nothing is ever sent: it is closed once the last thread is done.
        let _ = self.ended.recv().await;
    }
}
