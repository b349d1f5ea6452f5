//! A service that misbehaves, or another server in its place.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use ats_pat_client::Error;

use crate::service::{Answer, Service};
use crate::time::StoppedTime;

/// Why there is no token: the error and its causes, in one line.
async fn why(time: &StoppedTime, answer: Answer) -> String {
    let latest = time.elapsed() + Duration::from_secs(31);
    let service = Service::start([answer]).await;
    let client = service.client();
    let task = tokio::spawn(async move { client.bearer().await });
    let error = time.pass_until_done(task).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert!(time.elapsed() <= latest);
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(line, ": {error}").unwrap();
        cause = error.source();
    }
    line
}

#[tokio::test]
async fn a_service_that_hangs_is_left_in_time() {
    let why = why(&StoppedTime::new(), Answer::Hang).await;
    assert!(
        why.contains("timed out") || why.contains("in time"),
        "{why}"
    );
}

#[tokio::test]
async fn a_service_that_hangs_in_the_middle_is_left_in_time() {
    let Answer::Raw(text) = Answer::token("first", 300) else {
        unreachable!()
    };
    let time = StoppedTime::new();
    // The header announces the whole answer, but its end never comes.
    let longer = text.replace("Content-Length: ", "Content-Length: 9");
    let service = Service::start([Answer::Raw(longer)]).await;
    let client = service.client();
    let task = tokio::spawn(async move { client.bearer().await });
    time.pass_until_done(task).await.unwrap_err();
    assert!(time.elapsed() <= Duration::from_secs(31));
}

#[tokio::test]
async fn a_service_that_closes_early_is_the_network_s_failure() {
    let why = why(
        &StoppedTime::new(),
        Answer::Raw("HTTP/1.1 200 OK\r\nContent-Le".to_owned()),
    )
    .await;
    assert!(
        why.starts_with("the service can't be asked now: error sending request"),
        "{why}"
    );
}

#[tokio::test]
async fn a_page_of_html_is_no_answer() {
    let time = StoppedTime::new();
    let page = "<!doctype html><title>Welcome</title>";
    assert_eq!(
        why(
            &time,
            Answer::http(200, "Content-Type: text/html\r\n", page)
        )
        .await,
        "the service can't be asked now: unexpected answer with status 200: not the service's envelope"
    );
    assert_eq!(
        why(
            &time,
            Answer::http(401, "Content-Type: text/html\r\n", page)
        )
        .await,
        "the service can't be asked now: unexpected answer with status 401: not the service's envelope"
    );
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Service::start([Answer::token("stolen", 300)]).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("Location: {}/\r\n", elsewhere.url);
        let redirect = Answer::http(status, &location, "");
        let service = Service::start([redirect]).await;
        let error = service.client().bearer().await.unwrap_err();
        assert_eq!(
            error.source().unwrap().to_string(),
            format!("unexpected answer with status {status}: a redirect, which is not followed")
        );
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let long = " ".repeat(1024 * 1024);
    let why = why(&StoppedTime::new(), Answer::http(200, "", &long)).await;
    assert_eq!(
        why,
        "the service can't be asked now: the answer is longer than 65536 bytes"
    );
}

#[tokio::test]
async fn what_no_header_can_carry_is_no_token() {
    let time = StoppedTime::new();
    let Answer::Raw(text) = Answer::token("TOKEN", 300) else {
        unreachable!()
    };
    for bad in ["\"\"", "null", "\"a b\"", "\"a\\r\\nb\"", "\"ä\""] {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let body = body.replace("\"TOKEN\"", bad);
        let headers = head
            .lines()
            .filter(|line| line.starts_with("Date") || line.starts_with("Ats"))
            .fold(String::new(), |all, line| all + line + "\r\n");
        let why = why(&time, Answer::http(200, &headers, &body)).await;
        assert!(why.ends_with("status 200: no token"), "{bad}: {why}");
    }
}
