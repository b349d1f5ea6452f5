//! Neither token is printed, whatever is printed.

use std::error::Error as _;

use ats_pat_client::{Client, PersonalAccessToken};

use crate::service::{Answer, SECRET, Service};

const TOKEN: &str = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

#[track_caller]
fn assert_clean(shown: &str) {
    for secret in [SECRET, &SECRET[7..], TOKEN, "s3cret"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn debug_shows_no_secret() {
    let service = Service::start([Answer::token(TOKEN, 300)]).await;
    let client = service.client();
    let bearer = client.bearer().await.unwrap();
    assert_eq!(bearer.expose(), TOKEN);
    let middleware = client.middleware([&service.url]).unwrap();
    let shown = format!("{client:#?} {bearer:#?} {middleware:#?}");
    assert_clean(&shown);
    assert!(shown.contains("expires_at"), "{shown}");
}

#[tokio::test]
async fn the_secret_goes_into_its_header_only() {
    let service = Service::start([Answer::token(TOKEN, 300)]).await;
    service.client().bearer().await.unwrap();
    let head = &service.requests()[0].head;
    let mut lines = head.lines();
    assert_eq!(
        lines.next(),
        Some("GET /api/personalaccesstoken/getAuthenticationToken HTTP/1.1")
    );
    let with_secret: Vec<_> = lines.filter(|line| line.contains("atspat_")).collect();
    assert_eq!(with_secret, [format!("personalaccesstoken: {SECRET}")]);
}

#[tokio::test]
async fn errors_show_no_secret_even_where_the_answer_does() {
    let echo = format!("no such token: {SECRET}");
    for answer in [
        Answer::refusal(401, 1201, &echo),
        Answer::refusal(500, 1500, &echo),
        Answer::http(400, &format!("X-Echo: {SECRET}\r\n"), &echo),
        Answer::http(302, &format!("Location: /?token={SECRET}\r\n"), ""),
    ] {
        let service = Service::start([answer]).await;
        let error = service.client().bearer().await.unwrap_err();
        assert_clean(&format!("{error} {error:?} {error:#?}"));
        let mut cause = error.source();
        while let Some(error) = cause {
            assert_clean(&format!("{error} {error:?}"));
            cause = error.source();
        }
    }
    let token = || PersonalAccessToken::parse(SECRET).unwrap();
    for url in [SECRET, "https://ada:s3cret@pat.example.com"] {
        let error = Client::builder(url, token()).build().err().unwrap();
        assert_clean(&format!("{error} {error:?}"));
    }
}
