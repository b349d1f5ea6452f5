//! Tokens that are only for the audiences that a program asks for.

use ats_pat_client::Error;

use crate::service::{Answer, Service};
use crate::time::StoppedTime;

#[tokio::test]
async fn the_audiences_go_into_the_query() {
    let service = Service::start([Answer::token_for("narrow", "orders")]).await;
    let client = service.client_for(&["orders", "https://a.example/?b&c d"]);
    assert_eq!(client.bearer().await.unwrap().expose(), "narrow");
    let requests = service.requests();
    assert_eq!(
        requests[0].head.lines().next(),
        Some(
            "GET /api/personalaccesstoken/getAuthenticationToken?Audience=orders&\
             Audience=https%3A%2F%2Fa.example%2F%3Fb%26c+d HTTP/1.1"
        )
    );
    assert!(!format!("{client:?}").contains("orders"));
}

#[tokio::test]
async fn an_answer_that_does_not_say_for_whom_its_token_is_gives_none() {
    for answer in [Answer::token("wide", 300), Answer::token_for("wide", " ")] {
        let service = Service::start([answer]).await;
        let error = service.client_for(&["orders"]).bearer().await.unwrap_err();
        assert!(matches!(error, Error::AudienceNotTold), "{error:?}");
        assert_eq!(
            error.to_string(),
            "the service does not say for whom its token is, so it may be for more than the audiences \
             that were asked for: update the service, or ask for no audience"
        );
        assert_eq!(service.requests().len(), 1, "it was tried again");
    }
}

#[tokio::test]
async fn a_token_that_is_for_more_than_was_asked_for_is_not_used() {
    for told in [
        "orders sales",
        "sales",
        "orders, stock",
        "sales orders stock",
    ] {
        let service = Service::start([Answer::token_for("wide", told)]).await;
        let client = service.client_for(&["orders", "stock"]);
        let error = client.bearer().await.unwrap_err();
        let Error::AudienceTooWide { audience } = &error else {
            panic!("{error:?}")
        };
        assert!(["sales", "orders,"].contains(&audience.as_str()));
        let sentence = error.to_string();
        assert!(sentence.starts_with("the token of the service is also for the audience \""));
        assert!(error.refusal().is_none());
        assert_eq!(service.requests().len(), 1, "it was tried again");
    }
}

#[tokio::test]
async fn without_an_audience_any_service_may_answer() {
    for answer in [
        Answer::token("usual", 300),
        Answer::token_for("usual", "orders stock"),
    ] {
        let service = Service::start([answer]).await;
        assert_eq!(service.client().bearer().await.unwrap().expose(), "usual");
        let head = &service.requests()[0].head;
        assert!(!head.contains('?'), "{head}");
    }
}

#[tokio::test]
async fn every_later_token_is_checked_too() {
    let time = StoppedTime::new();
    let service = Service::start([Answer::token_for("first", "orders")]).await;
    let client = service.client_for(&["orders"]);
    assert_eq!(client.bearer().await.unwrap().expose(), "first");
    service.answer(Answer::token_for("wide", "orders stock"));
    time.pass(301).await;
    let error = client.bearer().await.unwrap_err();
    assert!(matches!(error, Error::AudienceTooWide { .. }), "{error:?}");
}

#[tokio::test]
async fn an_audience_that_the_service_does_not_know_is_its_refusal() {
    let sentence = "These values are not allowed: Audience (unknown_value).";
    let service = Service::start([Answer::refusal(400, 1001, sentence)]).await;
    let error = service.client_for(&["sales"]).bearer().await.unwrap_err();
    let refusal = error.refusal().unwrap();
    assert_eq!((refusal.code(), refusal.message()), (1001, sentence));
}
