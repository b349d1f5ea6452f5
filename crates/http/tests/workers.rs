//! Several accept loops on one address, as one server.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ats_pat_http::{Limits, Listeners, Workers};
use futures_util::future::join_all;
use poem::{Endpoint, Request, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const LONG: Duration = Duration::from_secs(10);
const WORKERS: NonZero<usize> = NonZero::new(3).unwrap();
/// So many that every worker gets some.
const CONNECTIONS: usize = 60;

/// Answers with the name of the thread, as soon as it is allowed to.
#[derive(Clone)]
struct Gate {
    begun: Arc<Semaphore>,
    may_answer: Arc<Semaphore>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
    /// Lets the work that requests leave behind end.
    late: Arc<Semaphore>,
    ended_late: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            begun: Arc::new(Semaphore::new(0)),
            may_answer: Arc::new(Semaphore::new(0)),
            at_once: Arc::default(),
            most_at_once: Arc::default(),
            late: Arc::new(Semaphore::new(0)),
            ended_late: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Gate {
    fn open(&self) {
        self.may_answer.add_permits(CONNECTIONS);
    }

    async fn begun(&self, requests: usize) {
        let begun = self.begun.acquire_many(requests.try_into().unwrap());
        timeout(LONG, begun).await.unwrap().unwrap().forget();
    }
}

impl Endpoint for Gate {
    type Output = String;

    async fn call(&self, _: Request) -> Result<String> {
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(now, Ordering::SeqCst);
        self.begun.add_permits(1);
        self.may_answer.acquire().await.unwrap().forget();
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let (late, ended) = (Arc::clone(&self.late), Arc::clone(&self.ended_late));
        tokio::spawn(async move {
            late.acquire().await.unwrap().forget();
            ended.add_permits(1);
        });
        Ok(std::thread::current().name().unwrap().to_owned())
    }
}

struct Server {
    address: SocketAddr,
    gate: Gate,
    stop: oneshot::Sender<()>,
    drained: JoinHandle<Workers>,
}

fn start(limits: Limits) -> Server {
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listeners = Listeners::bind(any_port, WORKERS).unwrap();
    let address = listeners.local_addr();
    let gate = Gate::default();
    let workers = Workers::start(listeners, gate.clone(), limits).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let drained = tokio::spawn(async move {
        workers.serve(async { drop(stopped.await) }).await;
        workers
    });
    Server {
        address,
        gate,
        stop,
        drained,
    }
}

/// The whole answer to one request, on a connection of its own.
async fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    let read = timeout(LONG, stream.read_to_string(&mut answer)).await;
    read.unwrap().unwrap();
    answer
}

fn ask_often(address: SocketAddr) -> JoinHandle<Vec<String>> {
    tokio::spawn(join_all((0..CONNECTIONS).map(move |_| ask(address))))
}

fn names(answers: &[String]) -> BTreeSet<&str> {
    answers
        .iter()
        .map(|answer| {
            assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
            answer.rsplit_once("\r\n").unwrap().1
        })
        .collect()
}

#[tokio::test]
async fn every_worker_answers_and_shutdown_waits_for_what_each_has_under_way() {
    let server = start(Limits::default());
    let answers = ask_often(server.address);
    server.gate.begun(CONNECTIONS).await;
    server.stop.send(()).unwrap();
    // New connections are refused, while requests under way are still answered.
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    server.gate.open();
    let answers = answers.await.unwrap();
    assert_eq!(
        names(&answers),
        BTreeSet::from(["serve-0", "serve-1", "serve-2"])
    );
    let workers = timeout(LONG, server.drained).await.unwrap().unwrap();
    timeout(LONG, workers.end()).await.unwrap();
}

#[tokio::test]
async fn what_a_request_leaves_behind_goes_on_until_the_workers_are_ended() {
    let server = start(Limits::default());
    server.gate.open();
    let answers = ask_often(server.address).await.unwrap();
    assert_eq!(answers.len(), CONNECTIONS);
    server.stop.send(()).unwrap();
    let workers = timeout(LONG, server.drained).await.unwrap().unwrap();
    server.gate.late.add_permits(CONNECTIONS);
    let all = server
        .gate
        .ended_late
        .acquire_many(CONNECTIONS.try_into().unwrap());
    timeout(LONG, all).await.unwrap().unwrap().forget();
    timeout(LONG, workers.end()).await.unwrap();
}

#[tokio::test]
async fn shutdown_waits_no_longer_than_it_may_for_any() {
    let limits = Limits {
        shutdown_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = start(limits);
    let answers = ask_often(server.address);
    server.gate.begun(CONNECTIONS).await;
    server.stop.send(()).unwrap();
    let workers = timeout(LONG, server.drained).await.unwrap().unwrap();
    assert!(answers.await.unwrap().iter().all(String::is_empty));
    timeout(LONG, workers.end()).await.unwrap();
}

#[tokio::test]
async fn the_limit_of_connections_is_that_of_all_workers_together() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = start(limits);
    let answers = ask_often(server.address);
    server.gate.begun(2).await;
    // One by one, so that the others would have time to get in if they could.
    for _ in 2..CONNECTIONS {
        server.gate.may_answer.add_permits(1);
        server.gate.begun(1).await;
    }
    server.gate.open();
    let answers = answers.await.unwrap();
    assert_eq!(names(&answers).len(), WORKERS.get());
    assert_eq!(server.gate.most_at_once.load(Ordering::SeqCst), 2);
}
