//! How a server ends.

use std::io;
use std::time::Duration;

use ats_pat_http::Limits;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scene::{LONG, answered, ask, read_to_end, start};

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
