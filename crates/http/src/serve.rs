//! The loop that accepts connections.
//!
//! Poem's own server sets no timer, and hyper has no header timeout without one: a client that never ends
//! its headers would hold its connection for ever.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, EndpointExt, IntoEndpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::answer::Answer;
use crate::pace::Pace;

/// How much of a request's head, or of an answer that waits for its client, is held in memory.
const BUFFER: usize = 64 * 1024;

/// What connections may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many are held at once; further ones wait in the system's queue.
    pub connections: u32,
    /// How long a request's headers may take.
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

/// Serves HTTP/1.1 and HTTP/2 on `listener` until `shutdown` is done; then lets the requests under way end,
/// for at most [`Limits::shutdown_timeout`].
pub async fn serve<E>(
    listener: TcpListener,
    endpoint: E,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    let endpoint = Arc::new(endpoint.into_endpoint().map_to_response());
    let slots = Arc::new(Semaphore::new(limits.connections as usize));
    let (phase, watched) = watch::channel(Phase::Serving);
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            (stream, peer, slot) = accept(&listener, &slots) => {
                let connection = Connection { endpoint: endpoint.clone(), peer, limits, phase: watched.clone() };
                tokio::spawn(async move {
                    connection.run(stream).await;
                    drop(slot);
                });
            }
        }
    }
    drop(listener);
    phase.send_replace(Phase::Draining);
    if tokio::time::timeout(
        limits.shutdown_timeout,
        slots.acquire_many(limits.connections),
    )
    .await
    .is_err()
    {
        tracing::warn!("requests under way did not end in time and were cut off");
    }
    phase.send_replace(Phase::Over);
}

/// The next connection, once there is a slot for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Never closed, so there always is a permit in the end.
    let slot = slots.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, slot),
            Err(error) => {
                // Out of file descriptors, or a client that is gone already: the next try may succeed.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// One connection and what it may cost.
struct Connection<E> {
    endpoint: Arc<E>,
    peer: SocketAddr,
    limits: Limits,
    phase: watch::Receiver<Phase>,
}

impl<E: Endpoint<Output = Response> + 'static> Connection<E> {
    async fn run(mut self, stream: TcpStream) {
        // Answers are small and written at once: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let local = stream.local_addr().map_or_else(
            |_| LocalAddr::default(),
            |address| LocalAddr(Addr::SocketAddr(address)),
        );
        let activity = Arc::new(Activity::default());
        let service = service_fn({
            let (endpoint, activity, peer) = (self.endpoint.clone(), activity.clone(), self.peer);
            move |request: hyper::Request<Incoming>| {
                let (endpoint, local, at_work) =
                    (endpoint.clone(), local.clone(), AtWork::new(&activity));
                async move {
                    let remote = RemoteAddr(Addr::SocketAddr(peer));
                    let response = endpoint
                        .get_response((request, local, remote, Scheme::HTTP).into())
                        .await;
                    let response = hyper::Response::from(response);
                    Ok::<_, Infallible>(response.map(|body| Answer::new(body, at_work)))
                }
            }
        });
        let protocol = protocol(&self.limits);
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let pace = Arc::new(Pace::default());
        let stalled = pace.stalled(self.limits.write_timeout);
        tokio::pin!(connection, stalled);
        let mut idle = tokio::time::interval(self.limits.idle_timeout);
        idle.tick().await;
        let mut seen = 0;
        let mut closing = false;
        loop {
            tokio::select! {
                result = pace.clone().of(connection.as_mut()) => {
                    if let Err(error) = result {
                        tracing::debug!(peer = %self.peer, %error, "a connection ended in an error");
                    }
                    return;
                }
                changed = self.phase.changed() => {
                    if changed.is_err() || *self.phase.borrow() == Phase::Over {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                    closing = true;
                }
                () = &mut stalled => {
                    tracing::debug!(peer = %self.peer, "an answer was broken off: nobody takes it");
                    return;
                }
                _ = idle.tick() => {
                    let begun = activity.begun.load(Ordering::Relaxed);
                    if activity.under_way.load(Ordering::Relaxed) == 0 && begun == seen {
                        if closing {
                            return;
                        }
                        connection.as_mut().graceful_shutdown();
                        closing = true;
                    }
                    seen = begun;
                }
            }
        }
    }
}

fn protocol(limits: &Limits) -> auto::Builder<Streams> {
    let mut builder = auto::Builder::new(Streams {
        write_timeout: limits.write_timeout,
    });
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.header_timeout)
        .keep_alive_timeout(limits.header_timeout)
        .max_concurrent_streams(100)
        .max_send_buf_size(BUFFER)
        .max_pending_accept_reset_streams(20)
        .max_header_list_size(16 * 1024);
    builder
}

/// Runs the streams of HTTP/2 connections. One whose answer nobody takes is reset, by dropping it, and the
/// others of its connection go on: they may be those of other users of a proxy.
#[derive(Clone)]
struct Streams {
    write_timeout: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let limit = self.write_timeout;
        tokio::spawn(async move {
            let pace = Arc::new(Pace::default());
            tokio::select! {
                _ = pace.clone().of(stream) => {}
                () = pace.stalled(limit) => {
                    tracing::debug!("an answer was broken off: nobody takes it");
                }
            }
        });
    }
}

/// What happens on one connection.
#[derive(Default)]
struct Activity {
    begun: AtomicU64,
    under_way: AtomicUsize,
}

/// A request under way, until its answer was sent.
struct AtWork(Arc<Activity>);

impl AtWork {
    fn new(activity: &Arc<Activity>) -> Self {
        activity.begun.fetch_add(1, Ordering::Relaxed);
        activity.under_way.fetch_add(1, Ordering::Relaxed);
        Self(activity.clone())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
