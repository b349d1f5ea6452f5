//! Answers that are slow, large, or not taken.

use std::time::Duration;

use ats_pat_http::Limits;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::scene::{LARGE, LONG, SHORT, ask, broken_off, read_to_end, start, status_line};

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
