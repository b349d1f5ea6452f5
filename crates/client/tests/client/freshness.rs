//! A token is renewed before its end, whatever the machine's own date is. The service of these
//! tests lives in the year 2001.

use std::time::{Duration, SystemTime};

use ats_pat_client::Error;

use crate::service::{Answer, Service, renewed};
use crate::time::StoppedTime;

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end_and_served_meanwhile() {
    let time = StoppedTime::new();
    let service = Service::start([
        Answer::token("first", 300),
        Answer::token("second", 300),
        Answer::token("third", 300),
    ])
    .await;
    let client = service.client();
    assert_eq!(client.bearer().await.unwrap().expose(), "first");

    time.pass(205).await;
    assert_eq!(client.bearer().await.unwrap().expose(), "first");
    assert_eq!(service.requests().len(), 1, "it is not due yet");

    time.pass(40).await;
    assert_eq!(
        client.bearer().await.unwrap().expose(),
        "first",
        "nobody waits for the next"
    );
    assert_eq!(renewed(&client, "first").await.expose(), "second");
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn a_token_is_not_served_beyond_its_end() {
    let time = StoppedTime::new();
    let service = Service::start([Answer::token("first", 300), Answer::token("second", 300)]).await;
    let client = service.client();
    assert_eq!(client.bearer().await.unwrap().expose(), "first");
    time.pass(295).await;
    assert_eq!(client.bearer().await.unwrap().expose(), "second");
}

#[tokio::test]
async fn both_expiries_are_told() {
    let service = Service::start([Answer::token("first", 300)]).await;
    let bearer = service.client().bearer().await.unwrap();
    let second = |second| SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    assert_eq!(bearer.expires_at(), second(1_000_000_300));
    assert_eq!(
        bearer.personal_access_token_expires_at(),
        second(1_000_086_700)
    );
}

#[tokio::test]
async fn a_token_that_holds_is_served_while_the_service_is_away() {
    let time = StoppedTime::new();
    let service = Service::start([
        Answer::token("first", 300),
        Answer::refusal(503, 1503, "The service can't answer now."),
    ])
    .await;
    let client = service.client();
    client.bearer().await.unwrap();
    for _ in 0..4 {
        // From second 245 to 290 a new token is due, but the service gives none.
        time.pass(if time.elapsed() < Duration::from_secs(245) {
            245
        } else {
            15
        })
        .await;
        assert_eq!(client.bearer().await.unwrap().expose(), "first");
        tokio::task::yield_now().await;
    }
    service.saw(2).await;
    time.pass(10).await;
    let task = tokio::spawn(async move { client.bearer().await });
    let error = time.pass_until_done(task).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_refusal_ends_the_token_that_still_holds() {
    let time = StoppedTime::new();
    let service = Service::start([
        Answer::token("first", 300),
        Answer::refusal(401, 1203, "The personal access token was revoked."),
    ])
    .await;
    let client = service.client();
    client.bearer().await.unwrap();
    time.pass(245).await;
    let error = loop {
        match client.bearer().await {
            Ok(bearer) => assert_eq!(bearer.expose(), "first"),
            Err(error) => break error,
        }
        tokio::task::yield_now().await;
    };
    assert!(matches!(error, Error::Revoked(_)), "{error:?}");
}

#[tokio::test]
async fn a_token_without_a_date_is_used_once() {
    let undated = |name: &str| match Answer::token(name, 300) {
        Answer::Raw(text) => Answer::Raw(text.replace("Date:", "Not-A-Date:")),
        other => other,
    };
    let service = Service::start([undated("first"), undated("second")]).await;
    let client = service.client();
    assert_eq!(client.bearer().await.unwrap().expose(), "first");
    assert_eq!(client.bearer().await.unwrap().expose(), "second");
}
