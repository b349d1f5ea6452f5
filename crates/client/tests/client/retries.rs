//! Temporary failures are tried again, at the pace that the service asks for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ats_pat_client::{Client, Error, PersonalAccessToken};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::service::{Answer, SECRET, Service};
use crate::time::StoppedTime;

/// Returns a token after these answers, and the waits between the requests.
async fn waits(answers: impl IntoIterator<Item = Answer>) -> Vec<Duration> {
    let time = StoppedTime::new();
    let service = Service::start(answers).await;
    let client = service.client();
    let task = tokio::spawn(async move { client.bearer().await });
    let bearer = time.pass_until_done(task).await.unwrap();
    assert_eq!(bearer.expose(), "token");
    let at: Vec<_> = service.requests().iter().map(|seen| seen.at).collect();
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn busy(status: u16, retry_after: &str) -> Answer {
    let body = r#"{"Data":null,"ErrorMessage":"Busy.","ErrorParameters":null,"ResponseCode":1400,"GetErrorParameters":""}"#;
    Answer::http(status, &format!("Retry-After: {retry_after}\r\n"), body)
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let waits = waits([busy(429, "7"), busy(503, "3"), Answer::token("token", 300)]).await;
    let [first, second] = waits[..] else {
        panic!("{waits:?}")
    };
    assert!((7.0..9.0).contains(&first.as_secs_f64()), "{waits:?}");
    assert!((3.0..5.0).contains(&second.as_secs_f64()), "{waits:?}");
}

#[tokio::test]
async fn without_it_waits_grow() {
    let gateway = || Answer::http(502, "", "<html>Bad gateway</html>");
    let closed = || Answer::Raw(String::new());
    let waits = waits([gateway(), closed(), gateway(), Answer::token("token", 300)]).await;
    let [first, second, third] = waits[..] else {
        panic!("{waits:?}")
    };
    assert!(first >= Duration::from_millis(125), "{waits:?}");
    assert!(second >= Duration::from_millis(250), "{waits:?}");
    assert!(third >= Duration::from_millis(500), "{waits:?}");
    assert!(first + second + third < Duration::from_secs(4), "{waits:?}");
}

#[tokio::test]
async fn what_is_asked_for_beyond_the_caller_s_patience_is_kept_for_later_calls() {
    let time = StoppedTime::new();
    let service = Service::start([busy(429, "60"), Answer::token("token", 300)]).await;
    let client = service.client();
    for _ in 0..2 {
        let error = client.bearer().await.unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        let cause = std::error::Error::source(&error).expect("a cause");
        assert_eq!(cause.to_string(), "Busy. (1400)");
        time.pass(29).await;
    }
    assert_eq!(service.requests().len(), 1);
    time.pass(3).await;
    assert_eq!(client.bearer().await.unwrap().expose(), "token");
}

#[tokio::test]
async fn trying_again_ends() {
    let time = StoppedTime::new();
    let service = Service::start([busy(503, "2")]).await;
    let client = service.client();
    let task = tokio::spawn(async move { client.bearer().await });
    let error = time.pass_until_done(task).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(time.elapsed() < Duration::from_secs(31));
    let requests = service.requests().len();
    assert!((4..=14).contains(&requests), "{requests}");
}

#[tokio::test]
async fn nobody_there_is_a_failure_of_the_network() {
    let time = StoppedTime::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let token = PersonalAccessToken::parse(SECRET).unwrap();
    let client = Client::builder(url, token)
        .give_up_after(Duration::from_secs(3))
        .build()
        .unwrap();
    let task = tokio::spawn(async move { client.bearer().await });
    let error = time.pass_until_done(task).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(time.elapsed() <= Duration::from_secs(4));
}

#[tokio::test]
async fn what_tls_refuses_is_not_tried_again() {
    // A fatal alert (RFC 8446, section 6), and an answer that is not TLS.
    let alert = "\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{28}";
    for answer in [alert, "HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::Relaxed);
                let mut hello = [0; 4096];
                assert!(stream.read(&mut hello).await.unwrap() > 0);
                stream.write_all(answer.as_bytes()).await.unwrap();
                // The test reads to the end, because closing earlier would reset the connection.
                while stream.read(&mut hello).await.is_ok_and(|read| read > 0) {}
            }
        });
        let token = PersonalAccessToken::parse(SECRET).unwrap();
        let client = Client::builder(url, token).build().unwrap();
        let error = client.bearer().await.unwrap_err();
        assert!(matches!(error, Error::Tls(_)), "{error:?}");
        assert_eq!(connections.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn a_caller_may_have_all_the_patience_there_is() {
    let time = StoppedTime::new();
    let service = Service::start([busy(503, "40"), Answer::token("token", 300)]).await;
    let token = PersonalAccessToken::parse(SECRET).unwrap();
    let client = Client::builder(&service.url, token)
        .timeout(Duration::MAX)
        .give_up_after(Duration::MAX)
        .build()
        .unwrap();
    let task = tokio::spawn(async move { client.bearer().await });
    let bearer = time.pass_until_done(task).await.unwrap();
    assert_eq!(bearer.expose(), "token");
}
