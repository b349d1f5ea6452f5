//! A server with slow and large answers, and connections to it.

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
use tokio::time::timeout;

pub const LONG: Duration = Duration::from_secs(10);
pub const SHORT: Duration = Duration::from_millis(100);

/// The size of the answers at `/large` and `/large/parts`. It is larger than the system's buffers.
pub const LARGE: usize = 32 * 1024 * 1024;

/// Answers `/slow…` after a while and `/slow/never` never, with the client's address. `/large` is
/// one piece of known length, `/large/parts` is the same in parts, and the second half of `/late`
/// comes after a while.
pub struct Slow {
    pub begun: Arc<Notify>,
    pub gone: Arc<Notify>,
}

/// Tells when it is dropped.
pub struct Tells(pub Arc<Notify>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Slow {
    pub fn parts(&self) -> Body {
        let part = Bytes::from(vec![b'x'; LARGE / 1024]);
        let tells = Tells(self.gone.clone());
        let parts = stream::iter((0..1024).map(move |_| {
            let _ = &tells;
            Ok::<_, io::Error>(part.clone())
        }));
        Body::from_bytes_stream(parts)
    }

    pub fn late() -> Body {
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

pub struct Server {
    pub address: SocketAddr,
    pub begun: Arc<Notify>,
    /// Notified when a body of `/large/parts` is dropped.
    pub gone: Arc<Notify>,
    pub stop: oneshot::Sender<()>,
    pub task: JoinHandle<()>,
}

/// Completes when the server has dropped the body of the answer that it was sending.
pub async fn broken_off(server: &Server) {
    timeout(LONG, server.gone.notified()).await.unwrap();
}

pub async fn start(limits: Limits) -> Server {
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

pub async fn ask(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

pub async fn read_to_end(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(LONG, stream.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Like [`ask`], from this address.
pub async fn ask_from(own: &str, address: SocketAddr, path: &str) -> TcpStream {
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
pub async fn answered(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = ask(address, "/other").await;
    let mut stream = BufReader::new(stream);
    read_page(&mut stream).await;
    stream
}

/// Sends another request on the same connection.
pub async fn answered_again(mut stream: BufReader<TcpStream>) {
    let head = b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.get_mut().write_all(head).await.unwrap();
    read_page(&mut stream).await;
}

pub async fn read_page(stream: &mut BufReader<TcpStream>) {
    let mut answer = Vec::new();
    while !answer.ends_with(b"a page") {
        let read = timeout(LONG, stream.read_buf(&mut answer)).await.unwrap();
        let text = String::from_utf8_lossy(&answer);
        assert_ne!(read.unwrap(), 0, "the connection was closed after {text:?}");
    }
}

pub async fn status_line(stream: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    timeout(LONG, stream.read_line(&mut line))
        .await
        .unwrap()
        .unwrap();
    line
}

/// Everything that arrives until the connection ends, well or in an error.
pub async fn what_came(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.unwrap();
    String::from_utf8(bytes).unwrap()
}
