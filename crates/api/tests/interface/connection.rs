//! Limits of connections.

use std::time::Duration;

use ats_pat_api::Interface;
use ats_pat_http::{HttpSettings, Limits, serve};
use ats_pat_test_support::sqlite;
use ats_pat_test_support::world::{ISSUER, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fixture::Server;

const LONG: Duration = Duration::from_secs(10);

fn interface(world: &World) -> Interface {
    let settings = HttpSettings::new(ISSUER, Vec::new()).unwrap();
    ats_pat_api::endpoint(world.service.clone(), settings)
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(LONG, stream.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_size_of_a_chunked_body_is_limited_too() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = "POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        stream.write_all(b"1000\r\n").await.unwrap();
        stream.write_all(&[b'x'; 0x1000]).await.unwrap();
        stream.write_all(b"\r\n").await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = read_to_end(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"ResponseCode\":1013"), "{answer}");
}

#[tokio::test]
async fn a_client_that_asks_first_is_refused_before_it_sends_the_body() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = "POST /api/session HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut bytes = vec![0; 4096];
    let read = timeout(LONG, stream.read(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    let answer = String::from_utf8_lossy(&bytes[..read]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test]
async fn endless_headers_and_silent_connections_are_closed() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        connections: 2,
        header_timeout: Duration::from_millis(200),
        idle_timeout: Duration::from_millis(300),
        shutdown_timeout: Duration::from_secs(1),
        ..Limits::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, interface(&world), limits, async {
        let _ = stopped.await;
    }));

    let mut silent = TcpStream::connect(address).await.unwrap();
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /api/session HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .await
        .unwrap();
    let mut waiting = TcpStream::connect(address).await.unwrap();
    waiting
        .write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(read_to_end(&mut silent).await, "");
    read_to_end(&mut slow).await;
    // Both places were taken. It is answered once one of them is free.
    assert!(read_to_end(&mut waiting).await.starts_with("HTTP/1.1 200 "));
    stop.send(()).unwrap();
    timeout(LONG, server)
        .await
        .expect("the server ends")
        .unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn endless_headers_are_cut_off_long_before_idle_connections() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = Limits {
        header_timeout: Duration::from_millis(200),
        idle_timeout: 10 * LONG,
        ..Limits::default()
    };
    let server = serve(listener, interface(&world), limits, std::future::pending());
    let client = async {
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            .await
            .unwrap();
        read_to_end(&mut slow).await;
    };
    tokio::select! {
        () = server => {}
        () = client => {}
    }
}

#[tokio::test]
async fn a_connection_of_http_2_is_closed_without_an_answer_of_it() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    // The connection preface and an empty SETTINGS frame (RFC 9113, sections 3.4 and 6.5).
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // The system decides whether it ends with or without an error.
    let _ = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    assert_ne!(answer.get(3), Some(&4), "a SETTINGS frame came back");
    assert_eq!(server.call("GET /health/live").send().await.status, 200);
}
