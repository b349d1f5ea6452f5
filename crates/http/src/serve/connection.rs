use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use poem::http::uri::Scheme;
use poem::http::{HeaderValue, StatusCode, Version, header};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Response};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::activity::Activity;
use super::admission::Place;
use super::heard::Heard;
use super::limits::Limits;
use super::phase::Phase;
use super::protocol::protocol;
use crate::answer::Answer;
use crate::pace::Pace;

/// How often a connection checks a request's headers within the header timeout.
const LOOKS: u32 = 4;

/// One connection and its limits.
pub(super) struct Connection<E> {
    endpoint: Arc<E>,
    peer: SocketAddr,
    limits: Arc<Limits>,
    phase: watch::Receiver<Phase>,
    activity: Arc<Activity>,
}

impl<E: Endpoint<Output = Response> + 'static> Connection<E> {
    pub(super) fn new(
        endpoint: Arc<E>,
        limits: Arc<Limits>,
        phase: watch::Receiver<Phase>,
        peer: SocketAddr,
        place: &Place,
    ) -> Self {
        Self {
            endpoint,
            peer,
            limits,
            phase,
            activity: Arc::clone(&place.activity),
        }
    }

    pub(super) async fn run(mut self, stream: TcpStream) {
        // Answers are small and written at once, so waiting for more to send only delays them.
        let _ = stream.set_nodelay(true);
        let local = stream.local_addr().map_or_else(
            |_| LocalAddr::default(),
            |address| LocalAddr(Addr::SocketAddr(address)),
        );
        let activity = Arc::clone(&self.activity);
        let requests = Arc::new(Requests {
            endpoint: self.endpoint,
            local,
            remote: RemoteAddr(Addr::SocketAddr(self.peer)),
            activity: Arc::clone(&activity),
        });
        let service = service_fn(move |request| UnderWay::begin(&requests).answer(request));
        let heard = Heard {
            stream,
            activity: Arc::clone(&activity),
        };
        let connection = protocol().serve_connection(TokioIo::new(heard), service);
        let pace = Arc::new(Pace::default());
        let stalled = pace.stalled(self.limits.write_timeout);
        tokio::pin!(connection, stalled);
        let mut idle = tokio::time::interval(self.limits.idle_timeout);
        idle.tick().await;
        let mut looks = tokio::time::interval(self.limits.header_timeout / LOOKS);
        let mut idle_since = Since::default();
        let mut head_since = Since::default();
        let mut closing = false;
        let parted = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(parted);
        let mut parting = false;
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
                    // If it were closed now, a request could be on its way to it, and a proxy
                    // doesn't repeat a change.
                    activity.part();
                    parted.as_mut().reset(Instant::now() + self.limits.parting_time);
                    parting = true;
                }
                () = &mut parted, if parting => {
                    parting = false;
                    connection.as_mut().graceful_shutdown();
                    closing = true;
                }
                () = &mut stalled => {
                    tracing::debug!(peer = %self.peer, "an answer was broken off: nobody takes it");
                    return;
                }
                () = activity.asked_to_leave() => {
                    if activity.is_in_head() {
                        return;
                    }
                    connection.as_mut().graceful_shutdown();
                    closing = true;
                }
                _ = looks.tick() => {
                    let head = activity.is_in_head().then(|| activity.begun());
                    if head_since.ticks_of(head) > LOOKS {
                        tracing::debug!(peer = %self.peer, "a connection was closed: its request's headers take too long");
                        return;
                    }
                }
                _ = idle.tick() => {
                    let quiet = activity.is_idle().then(|| activity.begun());
                    if idle_since.ticks_of(quiet) > 1 {
                        if closing {
                            return;
                        }
                        connection.as_mut().graceful_shutdown();
                        closing = true;
                    }
                }
            }
        }
    }
}

/// For how many ticks a condition has been true.
#[derive(Default)]
struct Since {
    of: Option<u64>,
    ticks: u32,
}

impl Since {
    /// Counts a tick at which the condition is true, after the request of this number. `None` means
    /// that it is false.
    fn ticks_of(&mut self, request: Option<u64>) -> u32 {
        if request.is_none() || self.of != request {
            *self = Self {
                of: request,
                ticks: 0,
            };
        }
        if request.is_some() {
            self.ticks += 1;
        }
        self.ticks
    }
}

/// The requests of one connection. They count their references here. At the endpoint, the requests
/// of all connections on every core would share one counter.
struct Requests<E> {
    endpoint: Arc<E>,
    local: LocalAddr,
    remote: RemoteAddr,
    activity: Arc<Activity>,
}

/// A request under way, until its answer is sent.
struct UnderWay<E>(Arc<Requests<E>>);

impl<E> UnderWay<E> {
    fn begin(requests: &Arc<Requests<E>>) -> Self {
        requests.activity.begin();
        Self(Arc::clone(requests))
    }
}

impl<E: Endpoint<Output = Response>> UnderWay<E> {
    async fn answer(
        self,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Answer<Self>>, Infallible> {
        if !has_one_host(&request) {
            return Ok(bad_request().map(|body| Answer::new(body, self)));
        }
        let Requests {
            endpoint,
            local,
            remote,
            ..
        } = &*self.0;
        let request = (request, local.clone(), remote.clone(), Scheme::HTTP).into();
        let mut response = hyper::Response::from(endpoint.get_response(request).await);
        if self.0.activity.is_parting() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        Ok(response.map(|body| Answer::new(body, self)))
    }
}

/// Whether a request names its host exactly once (RFC 9112, section 3.2). With two, a proxy might
/// have used another one than this server.
fn has_one_host(request: &hyper::Request<Incoming>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => true,
        (Some(_), Some(_)) => false,
        // HTTP/1.0 did not have this header.
        (None, _) => request.version() < Version::HTTP_11,
    }
}

/// The answer without a body that the parser gives to requests that it refuses.
fn bad_request() -> hyper::Response<BoxBody<Bytes, io::Error>> {
    let mut response = Response::default();
    response.set_status(StatusCode::BAD_REQUEST);
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    response.into()
}

impl<E> Drop for UnderWay<E> {
    fn drop(&mut self) {
        self.0.activity.end();
    }
}
