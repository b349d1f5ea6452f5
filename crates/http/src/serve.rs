//! The loops that accept connections.
//!
//! Poem's own server sets no timer, and hyper has no header timeout without one: a client that never ends
//! its headers would hold its connection for ever.

mod activity;
mod admission;
mod connection;
mod heard;
mod listeners;
mod protocol;
mod workers;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Tally;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};

use admission::{Admission, Place};
use connection::Connection;
pub use listeners::Listeners;
pub use workers::Workers;

use crate::client_address::is_trusted;

/// What connections may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How many are held at once. Where a further one comes, the one that was idle for longest is closed; where none is
    /// idle, the new one waits.
    pub connections: u32,
    /// How many of them one address may hold, or one /64 of IPv6. Where a further one comes, the one of them that was
    /// idle for longest is closed; where none is idle, the new one is closed.
    pub connections_per_address: u32,
    /// Whose connections only the limit of all counts: this machine's, and those of proxies, which hold theirs for many
    /// callers.
    pub excepted: Vec<IpNet>,
    /// How long a connection without a request is not yet idle: its first or next request may be on its way.
    pub idle_after: Duration,
    /// How long a request's headers may take from their first byte, or up to a quarter longer.
    pub header_timeout: Duration,
    /// For how long a connection is kept open without a request, or an answer that is being sent; up to twice as long.
    pub idle_timeout: Duration,
    /// For how long of an answer nothing is taken before it is broken off; it may take twice as long.
    pub write_timeout: Duration,
    /// For how long after shutdown began a connection takes one more request, whose answer ends it. A proxy that uses it
    /// meanwhile hears of its end, instead of sending a request to a connection that was just closed.
    pub parting_time: Duration,
    /// How long requests under way may take after shutdown began.
    pub shutdown_timeout: Duration,
}

impl Limits {
    /// This machine's own addresses.
    pub const LOOPBACK: [IpNet; 2] = [
        IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
        IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128)),
    ];

    fn excepts(&self, address: IpAddr) -> bool {
        is_trusted(&address.to_canonical(), &self.excepted)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            connections_per_address: 1024,
            excepted: Self::LOOPBACK.to_vec(),
            idle_after: Duration::from_secs(1),
            header_timeout: Duration::from_secs(15),
            // Longer than the 60 seconds after which nginx and most load balancers close an idle connection: where the
            // server is first, a request can be on its way to a connection that is closed.
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_mins(1),
            parting_time: Duration::from_millis(500),
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
    admission: Arc<Admission>,
    limits: Arc<Limits>,
    /// Closed once the last accept loop ended.
    accepting: Mutex<mpsc::Receiver<()>>,
}

impl Serving {
    /// Lets the accept loops work until `shutdown` is done, and waits for the requests that are under way then.
    async fn until(&self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        self.phase.send_replace(Phase::Draining);
        let drained = async {
            // Nothing is ever sent. Their last connections take their places before all places are taken back.
            let _ = self.accepting.lock().await.recv().await;
            self.admission.all_ended().await;
        };
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
    limits: Arc<Limits>,
    admission: Arc<Admission>,
    phase: watch::Receiver<Phase>,
    /// Dropped when the loop ends.
    accepting: mpsc::Sender<()>,
}

impl<E> Clone for Acceptor<E> {
    fn clone(&self) -> Self {
        Self {
            endpoint: Arc::clone(&self.endpoint),
            limits: Arc::clone(&self.limits),
            admission: Arc::clone(&self.admission),
            phase: self.phase.clone(),
            accepting: self.accepting.clone(),
        }
    }
}

fn start<E: IntoEndpoint + 'static>(
    endpoint: E,
    limits: Limits,
) -> (Serving, Acceptor<impl Endpoint<Output = Response> + use<E>>) {
    let (sender, phase) = watch::channel(Phase::Serving);
    let (accepting, last_accepted) = mpsc::channel(1);
    let limits = Arc::new(limits);
    let admission = Arc::new(Admission::new(Arc::clone(&limits)));
    let serving = Serving {
        phase: sender,
        admission: Arc::clone(&admission),
        limits: Arc::clone(&limits),
        accepting: Mutex::new(last_accepted),
    };
    let acceptor = Acceptor {
        endpoint: Arc::new(endpoint.into_endpoint().map_to_response()),
        limits,
        admission,
        phase,
        accepting,
    };
    (serving, acceptor)
}

impl<E: Endpoint<Output = Response> + 'static> Acceptor<E> {
    /// Serves the connections of `listener` on the runtime that it runs on, until the server drains.
    async fn accept(self, listener: TcpListener) {
        // A clone has not seen the change either: the connections' own must not miss it.
        let mut phase = self.phase.clone();
        let mut failures = Tally::default();
        loop {
            tokio::select! {
                biased;
                _ = phase.changed() => break,
                (stream, peer, place) = self.next(&listener, &mut failures) => {
                    self.serve(stream, peer, place);
                }
            }
        }
        self.serve_the_waiting(listener);
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, place: Place) {
        let connection = Connection::new(self, peer, &place);
        tokio::spawn(async move {
            connection.run(stream).await;
            drop(place);
        });
    }

    /// Closes the listener, but serves the connections that the system took before. It would cut them off, with requests
    /// that a proxy sends no second time.
    fn serve_the_waiting(&self, listener: TcpListener) {
        let Ok(listener) = listener.into_std() else {
            return;
        };
        // It does not block, as before.
        while let Ok((stream, peer)) = listener.accept() {
            let stream = stream.set_nonblocking(true).map(|()| stream);
            let stream = stream.and_then(TcpStream::from_std);
            if let (Ok(stream), Some(place)) = (stream, self.admission.admit_at_once(peer)) {
                self.serve(stream, peer, place);
            }
        }
    }

    /// The next connection that is admitted. Its place comes second, so that no accept loop sits on one that another
    /// needs.
    async fn next(
        &self,
        listener: &TcpListener,
        failures: &mut Tally,
    ) -> (TcpStream, SocketAddr, Place) {
        loop {
            let (stream, peer) = accepted(listener, failures).await;
            if let Some(place) = self.admission.admit(peer).await {
                return (stream, peer, place);
            }
        }
    }
}

async fn accepted(listener: &TcpListener, failures: &mut Tally) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Out of file descriptors, or a client that is gone already: the next try may succeed.
                if let Some(tries) = failures.count(SystemClock.since_boot()) {
                    tracing::warn!(%error, tries, "connections could not be accepted");
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
