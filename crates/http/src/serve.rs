//! The loops that accept connections.
//!
//! Poem's own server sets no timer, and without one hyper has no header timeout. A client that
//! never ends its headers would keep its connection for ever.

mod activity;
mod admission;
mod connection;
mod heard;
mod limits;
mod listeners;
mod phase;
mod protocol;
mod pulse;
mod workers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Tally;
use ats_pat_domain::port::Clock as _;
use ats_pat_service::SystemClock;
use poem::{Endpoint, EndpointExt, IntoEndpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc, watch};

use admission::{Admission, Place};
use connection::Connection;
pub use limits::Limits;
pub use listeners::Listeners;
use phase::Phase;
pub use pulse::Pulse;
use pulse::Question;
pub use workers::Workers;

/// Serves HTTP/1.1 on `listener` until `shutdown` completes. Then requests under way may end, for
/// at most [`Limits::shutdown_timeout`].
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

/// A server from start to end, with any number of accept loops.
struct Serving {
    phase: watch::Sender<Phase>,
    admission: Arc<Admission>,
    limits: Arc<Limits>,
    /// Closed when the last accept loop has ended.
    accepting: Mutex<mpsc::Receiver<()>>,
}

impl Serving {
    /// Lets the accept loops work until `shutdown` completes, and waits for the requests that are
    /// then under way.
    async fn until(&self, shutdown: impl Future<Output = ()>) {
        shutdown.await;
        self.phase.send_replace(Phase::Draining);
        let drained = async {
            // Nothing is ever sent. The last connections take their places before all places are
            // taken back.
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

/// The parts that an accept loop needs.
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
    /// Serves the connections of `listener` on the current runtime, until the server drains.
    async fn accept(self, listener: TcpListener) {
        // A clone has not seen the change either, and the connections' clones must not miss it.
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

    /// Answers the questions of a [`Pulse`] on the current runtime.
    fn answer(&self, questions: mpsc::Receiver<Question>) {
        tokio::spawn(pulse::answer(Arc::clone(&self.endpoint), questions));
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, place: Place) {
        let (endpoint, limits) = (Arc::clone(&self.endpoint), Arc::clone(&self.limits));
        let connection = Connection::new(endpoint, limits, self.phase.clone(), peer, &place);
        tokio::spawn(async move {
            connection.run(stream).await;
            drop(place);
        });
    }

    /// Closes the listener, but serves the connections that the system has already accepted.
    /// Otherwise the system would cut them off, and a proxy sends such requests no second time.
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

    /// The next connection that is admitted. It gets its place last, so that no accept loop keeps a
    /// place that another one needs.
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
                // There are no file descriptors left, or the client is already gone. The next try
                // may succeed.
                if let Some(tries) = failures.count(SystemClock.since_boot()) {
                    tracing::warn!(%error, tries, "connections could not be accepted");
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
