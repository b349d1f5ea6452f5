//! The loops that accept connections.
//!
//! Poem's own server sets no timer, and hyper has no header timeout without one: a client that never ends
//! its headers would hold its connection for ever.

mod connection;
mod deadline;
mod listeners;
mod protocol;
mod workers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use connection::Connection;
pub use listeners::Listeners;
pub use workers::Workers;

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many are held at once; further ones wait.
    pub connections: u32,
    /// How long a request's headers may take, or up to a quarter longer.
    pub header_timeout: Duration,
    /// After how long without a request, or an answer that is being sent, a connection is closed; it may
    /// take twice as long.
    pub idle_timeout: Duration,
    /// For how long of an answer nothing is taken before it is broken off; it may take twice as long.
    pub write_timeout: Duration,
    /// How long requests under way may take after shutdown began.
    pub shutdown_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            header_timeout: Duration::from_secs(15),
            idle_timeout: Duration::from_mins(1),
            write_timeout: Duration::from_mins(1),
            shutdown_timeout: Duration::from_secs(20),
        }
    }
}

/// Serves HTTP/1.1 on `listener` until `shutdown` is done; then lets the requests under way end, for at most
/// [`Limits::shutdown_timeout`].
pub async fn serve<E>(
    listener: TcpListener,
    endpoint: E,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) where
    E: IntoEndpoint + 'static,
    E::Endpoint: 'static,
{
    let (serving, acceptor) = start(endpoint, limits);
    tokio::join!(serving.until(shutdown), acceptor.accept(listener));
}

/// Where the server stands, as its connections see it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Requests are taken.
    Serving,
    /// Those under way are answered.
    Draining,
    /// Nothing is waited for any more.
    Over,
}

/// A server from start to end, whatever the number of its accept loops.
struct Serving {
    phase: watch::Sender<Phase>,
    slots: Arc<Semaphore>,
    limits: Limits,
}

impl Serving {
    /// Lets the accept loops work until `shutdown` is done, and waits for the requests that are under way then.
    async fn until(&self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        self.phase.send_replace(Phase::Draining);
        let drained = self.slots.acquire_many(self.limits.connections);
        if tokio::time::timeout(self.limits.shutdown_timeout, drained)
            .await
            .is_err()
        {
            tracing::warn!("requests under way did not end in time and were cut off");
        }
        self.phase.send_replace(Phase::Over);
    }
}

/// What an accept loop needs.
struct Acceptor<E> {
    endpoint: Arc<E>,
    limits: Limits,
    slots: Arc<Semaphore>,
    phase: watch::Receiver<Phase>,
}

impl<E> Clone for Acceptor<E> {
    fn clone(&self) -> Self {
        Self {
            endpoint: Arc::clone(&self.endpoint),
            limits: self.limits,
            slots: Arc::clone(&self.slots),
            phase: self.phase.clone(),
        }
    }
}

fn start<E: IntoEndpoint + 'static>(
    endpoint: E,
    limits: Limits,
) -> (Serving, Acceptor<impl Endpoint<Output = Response> + use<E>>) {
    let (sender, phase) = watch::channel(Phase::Serving);
    let slots = Arc::new(Semaphore::new(limits.connections as usize));
    let serving = Serving {
        phase: sender,
        slots: Arc::clone(&slots),
        limits,
    };
    let acceptor = Acceptor {
        endpoint: Arc::new(endpoint.into_endpoint().map_to_response()),
        limits,
        slots,
        phase,
    };
    (serving, acceptor)
}

impl<E: Endpoint<Output = Response> + 'static> Acceptor<E> {
    /// Serves the connections of `listener` on the runtime that it runs on, until the server drains.
    async fn accept(self, listener: TcpListener) {
        // A clone has not seen the change either: the connections' own must not miss it.
        let mut phase = self.phase.clone();
        loop {
            tokio::select! {
                biased;
                _ = phase.changed() => return,
                (stream, peer, slot) = self.next(&listener) => {
                    let connection = Connection::new(&self, peer);
                    tokio::spawn(async move {
                        connection.run(stream).await;
                        drop(slot);
                    });
                }
            }
        }
    }

    /// The next connection, once there is a slot for it. The slot comes second, so that no accept loop sits on one
    /// that another needs.
    async fn next(
        &self,
        listener: &TcpListener,
    ) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
        let (stream, peer) = accepted(listener).await;
        // Never closed, so there always is a permit in the end.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok();
        (stream, peer, slot)
    }
}

async fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Out of file descriptors, or a client that is gone already: the next try may succeed.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
