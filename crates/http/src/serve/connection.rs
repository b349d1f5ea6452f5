use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Response};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::protocol::protocol;
use super::{Acceptor, Limits, Phase};
use crate::answer::Answer;
use crate::pace::Pace;

/// One connection and what it may cost.
pub(super) struct Connection<E> {
    endpoint: Arc<E>,
    peer: SocketAddr,
    limits: Limits,
    phase: watch::Receiver<Phase>,
}

impl<E: Endpoint<Output = Response> + 'static> Connection<E> {
    pub(super) fn new(acceptor: &Acceptor<E>, peer: SocketAddr) -> Self {
        Self {
            endpoint: Arc::clone(&acceptor.endpoint),
            peer,
            limits: acceptor.limits,
            phase: acceptor.phase.clone(),
        }
    }

    pub(super) async fn run(mut self, stream: TcpStream) {
        // Answers are small and written at once: waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let local = stream.local_addr().map_or_else(
            |_| LocalAddr::default(),
            |address| LocalAddr(Addr::SocketAddr(address)),
        );
        let requests = Arc::new(Requests {
            endpoint: self.endpoint,
            local,
            remote: RemoteAddr(Addr::SocketAddr(self.peer)),
            begun: AtomicU64::new(0),
            under_way: AtomicUsize::new(0),
        });
        let service = service_fn({
            let requests = Arc::clone(&requests);
            move |request| UnderWay::begin(&requests).answer(request)
        });
        let protocol = protocol(&self.limits);
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        let pace = Arc::new(Pace::default());
        let stalled = pace.stalled(self.limits.write_timeout);
        tokio::pin!(connection, stalled);
        let mut idle = tokio::time::interval(self.limits.idle_timeout);
        idle.tick().await;
        let mut deadlines = tokio::time::interval(self.limits.header_timeout / 4);
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
                // The connection is polled anew, and looks at its deadline.
                _ = deadlines.tick() => {}
                _ = idle.tick() => {
                    let begun = requests.begun.load(Ordering::Relaxed);
                    if requests.under_way.load(Ordering::Relaxed) == 0 && begun == seen {
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

/// The requests of one connection. They count their references here: at the endpoint they would do so with those of
/// all connections, on every core.
struct Requests<E> {
    endpoint: Arc<E>,
    local: LocalAddr,
    remote: RemoteAddr,
    begun: AtomicU64,
    under_way: AtomicUsize,
}

/// A request under way, until its answer was sent.
struct UnderWay<E>(Arc<Requests<E>>);

impl<E> UnderWay<E> {
    fn begin(requests: &Arc<Requests<E>>) -> Self {
        requests.begun.fetch_add(1, Ordering::Relaxed);
        requests.under_way.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(requests))
    }
}

impl<E: Endpoint<Output = Response>> UnderWay<E> {
    async fn answer(
        self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Answer<Self>>, Infallible> {
        let Requests {
            endpoint,
            local,
            remote,
            ..
        } = &*self.0;
        let request = (request, local.clone(), remote.clone(), Scheme::HTTP).into();
        let response = hyper::Response::from(endpoint.get_response(request).await);
        Ok(response.map(|body| Answer::new(body, self)))
    }
}

impl<E> Drop for UnderWay<E> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
