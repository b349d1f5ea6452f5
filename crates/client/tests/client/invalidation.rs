//! After an API's 401.

use crate::service::{Answer, Service};
use crate::time::StoppedTime;

fn tokens() -> Vec<Answer> {
    ["first", "second", "third", "fourth"]
        .map(|name| Answer::token(name, 300))
        .into()
}

#[tokio::test]
async fn a_token_that_was_refused_is_exchanged_anew() {
    let service = Service::start(tokens()).await;
    let client = service.client();
    let first = client.bearer().await.unwrap();
    client.invalidate(&first);
    assert_eq!(client.bearer().await.unwrap().expose(), "second");
}

#[tokio::test]
async fn many_requests_that_failed_together_cause_one_exchange() {
    let time = StoppedTime::new();
    let service = Service::start(tokens()).await;
    let client = service.client();
    let first = client.bearer().await.unwrap();
    for _ in 0..100 {
        client.invalidate(&first);
        assert_eq!(client.bearer().await.unwrap().expose(), "second");
    }
    time.pass(60).await;
    client.invalidate(&first);
    assert_eq!(client.bearer().await.unwrap().expose(), "second");
}

#[tokio::test]
async fn an_api_that_refuses_everything_does_not_make_every_request_an_exchange() {
    let time = StoppedTime::new();
    let service = Service::start(tokens()).await;
    let client = service.client();
    for _ in 0..100 {
        let bearer = client.bearer().await.unwrap();
        client.invalidate(&bearer);
    }
    assert_eq!(service.requests().len(), 2);
    time.pass(5).await;
    let bearer = client.bearer().await.unwrap();
    assert_eq!(bearer.expose(), "second");
    client.invalidate(&bearer);
    assert_eq!(client.bearer().await.unwrap().expose(), "third");
}
