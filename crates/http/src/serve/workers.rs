use std::io;
use std::thread;

use poem::IntoEndpoint;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, watch};

use super::{Limits, Listeners, Serving, start};

/// Threads that serve, one for each accept queue, each with its own runtime. A connection stays on
/// one core, and its work waits for no other thread.
pub struct Workers {
    serving: Serving,
    end: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl Workers {
    /// Starts a thread for each queue of `listeners`. They serve HTTP/1.1, and the limits count for
    /// all of them together. An error means that the system has no more threads or descriptors.
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
                        // An error means that nobody will ask, so there is nothing to wait for.
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

    /// Lets them serve until `shutdown` completes. Then requests under way may end, for at most
    /// [`Limits::shutdown_timeout`].
    ///
    /// Their runtimes go on running. Database connections that were opened in a request belong to
    /// them, and so does work that outlives its request. Close the database, then
    /// [`end`](Self::end) them.
    pub async fn serve(&self, shutdown: impl Future<Output = ()>) {
        self.serving.until(shutdown).await;
    }

    /// Ends threads and runtimes.
    pub async fn end(mut self) {
        self.end.send_replace(true);
        // Nothing is ever sent. The channel closes when the last thread is done.
        let _ = self.ended.recv().await;
    }
}
