//! The accept loop through real connections.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_http::{Half, HttpSettings, Limits, Site, serve};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use poem::endpoint::make;
use poem::{Body, Endpoint, IntoResponse, Request, Response, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

const LONG: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(100);

/// The size of the answers at `/large` and `/large/parts`. It is larger than the system's buffers.
const LARGE: usize = 32 * 1024 * 1024;

/// Answers `/slow…` after a while and `/slow/never` never, with the client's address. `/large` is
/// one piece of known length, `/large/parts` is the same in parts, and the second half of `/late`
/// comes after a while.
struct Slow {
    begun: Arc<Notify>,
    gone: Arc<Notify>,
}

/// Tells when it is dropped.
struct Tells(Arc<Notify>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Slow {
    fn parts(&self) -> Body {
        let part = Bytes::from(vec![b'x'; LARGE / 1024]);
        let tells = Tells(self.gone.clone());
        let parts = stream::iter((0..1024).map(move |_| {
            let _ = &tells;
            Ok::<_, io::Error>(part.clone())
        }));
        Body::from_bytes_stream(parts)
    }

    fn late() -> Body {
        let halves = stream::iter(["one half", "the other"]).enumerate();
        Body::from_bytes_stream(halves.then(|(index, half)| async move {
            if index > 0 {
                tokio::time::sleep(5 * SHORT).await;
            }
            Ok::<_, io::Error>(half)
        }))
    }
}

impl Half for Slow {
    fn owns(&self, path: &str) -> bool {
        ["/slow", "/large", "/late"]
            .iter()
            .any(|own| path.starts_with(own))
    }
}

impl Endpoint for Slow {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        self.begun.notify_one();
        match request.uri().path() {
            "/slow/never" => std::future::pending::<()>().await,
            "/large" => return Ok(vec![b'x'; LARGE].into_response()),
            "/large/parts" => return Ok(self.parts().into_response()),
            "/late" => return Ok(Slow::late().into_response()),
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        Ok(request.remote_addr().to_string().into_response())
    }
}

struct Server {
    address: SocketAddr,
    begun: Arc<Notify>,
    /// Notified when a body of `/large/parts` is dropped.
    gone: Arc<Notify>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Completes when the server has dropped the body of the answer that it was sending.
async fn broken_off(server: &Server) {
    timeout(LONG, server.gone.notified()).await.unwrap();
}

async fn start(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (begun, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (stop, stopped) = oneshot::channel::<()>();
    let pages = make(|_| async { Ok::<_, poem::Error>("a page") });
    let site = Site::new(
        Slow {
            begun: begun.clone(),
            gone: gone.clone(),
        },
        pages,
        HttpSettings::new("http://127.0.0.1", Vec::new()).unwrap(),
    );
    let task = tokio::spawn(serve(listener, site, limits, async {
        let _ = stopped.await;
    }));
    Server {
        address,
        begun,
        gone,
        stop,
        task,
    }
}

async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(LONG, stream.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_request_under_way_is_answered_before_the_server_ends() {
    let server = start(Limits::default()).await;
    let under_way = ask(server.address, "/slow").await;
    server.begun.notified().await;
    server.stop.send(()).unwrap();
    let answer = read_to_end(under_way).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("127.0.0.1:"), "{answer}");
    timeout(LONG, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn after_shutdown_began_a_connection_takes_one_more_request() {
    let limits = Limits {
        parting_time: LONG,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut stream = answered(server.address).await;
    server.stop.send(()).unwrap();
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let head = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.get_mut().write_all(head).await.unwrap();
    let answer = read_to_end(stream.into_inner()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("connection: close\r\n"), "{answer}");
    timeout(LONG, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_that_waits_to_be_accepted_when_shutdown_begins_is_answered() {
    let server = start(Limits::default()).await;
    // No pause for the accept loop, because on this runtime it runs only while this test waits.
    let mut waiting = std::net::TcpStream::connect(server.address).unwrap();
    let head = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n";
    io::Write::write_all(&mut waiting, head).unwrap();
    server.stop.send(()).unwrap();
    waiting.set_nonblocking(true).unwrap();
    let answer = read_to_end(TcpStream::from_std(waiting).unwrap()).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    timeout(LONG, server.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_connection_without_another_request_ends_soon_after_shutdown_began() {
    let limits = Limits {
        parting_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = start(limits).await;
    let stream = answered(server.address).await;
    server.stop.send(()).unwrap();
    timeout(LONG, server.task).await.unwrap().unwrap();
    assert_eq!(read_to_end(stream.into_inner()).await, "");
}

#[tokio::test]
async fn shutdown_waits_no_longer_than_it_may() {
    let limits = Limits {
        shutdown_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = start(limits).await;
    let cut_off = ask(server.address, "/slow/never").await;
    server.begun.notified().await;
    server.stop.send(()).unwrap();
    timeout(LONG, server.task).await.unwrap().unwrap();
    assert_eq!(read_to_end(cut_off).await, "");
}

#[tokio::test]
async fn each_half_of_the_site_answers_its_own_paths() {
    let limits = Limits {
        idle_timeout: Duration::from_millis(400),
        ..Limits::default()
    };
    let server = start(limits).await;
    let page = read_to_end(ask(server.address, "/other").await).await;
    assert!(page.ends_with("a page"), "{page}");
    let answer = read_to_end(ask(server.address, "/slow/er").await).await;
    assert!(answer.contains("127.0.0.1:"), "{answer}");
}

#[tokio::test]
async fn an_answer_may_take_longer_than_a_connection_may_be_idle() {
    let limits = Limits {
        idle_timeout: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let late = read_to_end(ask(server.address, "/late").await).await;
    assert!(late.contains("the other"), "{late}");
    for path in ["/large", "/large/parts"] {
        let mut reader = ask(server.address, path).await;
        reader.readable().await.unwrap();
        // A slow reader, not a signal: it reads nothing for longer than a connection may be idle.
        tokio::time::sleep(5 * SHORT).await;
        let mut bytes = Vec::new();
        let read = timeout(LONG, reader.read_to_end(&mut bytes)).await.unwrap();
        assert!(read.is_ok(), "{path}: {read:?}");
        assert!(bytes.len() > LARGE, "{path}: {}", bytes.len());
    }
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_broken_off() {
    let limits = Limits {
        write_timeout: SHORT,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut hung = ask(server.address, "/large/parts").await;
    broken_off(&server).await;
    let mut bytes = Vec::new();
    // The system decides whether it ends well or in an error.
    let _ = timeout(LONG, hung.read_to_end(&mut bytes)).await.unwrap();
    assert!(bytes.len() < LARGE, "{}", bytes.len());
    // An answer that takes time to produce is not the client's fault.
    let late = ask(server.address, "/late").await;
    let mut late = BufReader::new(late);
    let mut line = String::new();
    while !line.contains("the other") {
        line.clear();
        let read = timeout(LONG, late.read_line(&mut line)).await.unwrap();
        assert_ne!(read.unwrap(), 0, "the answer was cut off");
    }
}

#[tokio::test]
async fn one_address_at_its_limit_leaves_room_for_another() {
    let limits = Limits {
        connections: 4,
        connections_per_address: 2,
        excepted: Vec::new(),
        idle_after: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut busy = Vec::new();
    for _ in 0..2 {
        busy.push(ask(server.address, "/slow/never").await);
        server.begun.notified().await;
    }
    let turned_away = ask_from("127.0.0.1", server.address, "/other").await;
    assert_eq!(what_came(turned_away).await, "");
    let served = ask_from("127.0.0.2", server.address, "/slow/er").await;
    let mut served = BufReader::new(served);
    assert_eq!(status_line(&mut served).await, "HTTP/1.1 200 OK\r\n");
}

#[tokio::test]
async fn one_address_at_its_limit_loses_the_connection_that_was_idle_for_longest() {
    let limits = Limits {
        connections_per_address: 2,
        excepted: Vec::new(),
        idle_after: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(limits).await;
    let mut idle = Vec::new();
    for _ in 0..2 {
        idle.push(answered(server.address).await);
    }
    let newest = answered(server.address).await;
    let oldest = idle.remove(0);
    assert_eq!(what_came(oldest.into_inner()).await, "");
    for kept in [idle.remove(0), newest] {
        answered_again(kept).await;
    }
}

#[tokio::test]
async fn where_all_connections_are_in_use_the_one_idle_for_longest_makes_room() {
    let limits = Limits {
        connections: 3,
        idle_after: Duration::ZERO,
        ..Limits::default()
    };
    let server = start(limits).await;
    let busy = ask(server.address, "/slow/never").await;
    server.begun.notified().await;
    let oldest = answered(server.address).await;
    let younger = answered(server.address).await;
    let newest = answered(server.address).await;
    assert_eq!(what_came(oldest.into_inner()).await, "");
    for kept in [younger, newest] {
        answered_again(kept).await;
    }
    drop(busy);
}

#[tokio::test]
async fn a_connection_outlives_the_time_for_headers_and_the_next_headers_have_all_of_theirs() {
    let limits = Limits {
        header_timeout: SHORT,
        idle_timeout: LONG,
        ..Limits::default()
    };
    let server = start(limits).await;
    let kept = answered(server.address).await;
    // A client that sends its next request after a while, not a signal: longer than headers may
    // take.
    tokio::time::sleep(5 * SHORT).await;
    answered_again(kept).await;
}

#[tokio::test]
async fn a_connection_is_kept_for_the_whole_idle_time_after_a_long_answer() {
    let idle_timeout = 4 * SHORT;
    let limits = Limits {
        idle_timeout,
        ..Limits::default()
    };
    let server = start(limits).await;
    // It takes longer than half the idle time, so it ends between two checks of the connection.
    let late = ask(server.address, "/late").await;
    let mut late = BufReader::new(late);
    let mut line = String::new();
    while !line.contains("the other") {
        line.clear();
        timeout(LONG, late.read_line(&mut line))
            .await
            .unwrap()
            .unwrap();
    }
    let answered = Instant::now();
    let mut rest = Vec::new();
    timeout(LONG, late.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    assert!(
        answered.elapsed() >= idle_timeout,
        "{:?}",
        answered.elapsed()
    );
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let server = start(Limits::default()).await;
    let status = async |head: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        status_line(&mut BufReader::new(stream)).await
    };
    let refused = "HTTP/1.1 400 Bad Request\r\n";
    let page = "GET /other HTTP/1.1\r\n";
    assert_eq!(status(&format!("{page}\r\n")).await, refused);
    assert_eq!(
        status(&format!("{page}Host: x\r\nHost: x\r\n\r\n")).await,
        refused
    );
    assert_eq!(
        status(&format!("{page}Host: x\r\n\r\n")).await,
        "HTTP/1.1 200 OK\r\n"
    );
    let old = status("GET /other HTTP/1.0\r\n\r\n").await;
    assert_eq!(old, "HTTP/1.0 200 OK\r\n");
}

/// Like [`ask`], from this address.
async fn ask_from(own: &str, address: SocketAddr, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::new(own.parse().unwrap(), 0))
        .unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    // A connection that is turned away may already be closed.
    let _ = stream.write_all(head.as_bytes()).await;
    stream
}

/// A connection that stays open after its first answer.
async fn answered(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = ask(address, "/other").await;
    let mut stream = BufReader::new(stream);
    read_page(&mut stream).await;
    stream
}

/// Sends another request on the same connection.
async fn answered_again(mut stream: BufReader<TcpStream>) {
    let head = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.get_mut().write_all(head).await.unwrap();
    read_page(&mut stream).await;
}

async fn read_page(stream: &mut BufReader<TcpStream>) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"a page") {
        let read = timeout(LONG, stream.read_buf(&mut answer)).await.unwrap();
        let text = String::from_utf8_lossy(&answer);
        assert_ne!(read.unwrap(), 0, "the connection was closed after {text:?}");
    }
}

async fn status_line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    timeout(LONG, stream.read_line(&mut line))
        .await
        .unwrap()
        .unwrap();
    line
}

/// Everything that arrives until the connection ends, well or in an error.
async fn what_came(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}
