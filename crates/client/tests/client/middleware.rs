//! The bearer token in the requests of other clients.

use ats_pat_client::{Client, Error};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::service::{Answer, Service};

fn http(client: &Client, origins: &[&Service]) -> ClientWithMiddleware {
    let origins = origins.iter().map(|service| &service.url);
    let reqwest = reqwest::Client::builder().no_proxy().build().unwrap();
    ClientBuilder::new(reqwest)
        .with(client.middleware(origins).unwrap())
        .build()
}

fn authorizations(service: &Service) -> Vec<String> {
    let value = |head: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix("authorization: "))
            .unwrap_or("none")
            .to_owned()
    };
    let requests = service.requests();
    requests.iter().map(|seen| value(&seen.head)).collect()
}

async fn service() -> Service {
    Service::start(["first", "second", "third"].map(|name| Answer::token(name, 300))).await
}

async fn api(statuses: &[u16]) -> Service {
    Service::start(statuses.iter().map(|status| Answer::http(*status, "", "x"))).await
}

#[tokio::test]
async fn only_origins_that_were_named_see_the_token() {
    let (service, named, other) = (service().await, api(&[200]).await, api(&[200]).await);
    let http = http(&service.client(), &[&named]);
    for api in [&named, &other] {
        http.get(format!("{}/orders", api.url))
            .send()
            .await
            .unwrap();
    }
    assert_eq!(authorizations(&named), ["Bearer first"]);
    assert_eq!(authorizations(&other), ["none"]);
}

#[tokio::test]
async fn a_request_that_brings_its_own_is_left_alone() {
    let (service, api) = (service().await, api(&[401]).await);
    let http = http(&service.client(), &[&api]);
    let answer = http.get(&api.url).bearer_auth("own").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(authorizations(&api), ["Bearer own"]);
    assert!(service.requests().is_empty());
}

#[tokio::test]
async fn after_a_401_a_request_is_sent_once_more_with_another_token() {
    let (service, api) = (service().await, api(&[401, 200]).await);
    let http = http(&service.client(), &[&api]);
    let answer = http.post(&api.url).body("x").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(authorizations(&api), ["Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn a_401_that_stays_is_given_back() {
    let (service, api) = (service().await, api(&[401]).await);
    let http = http(&service.client(), &[&api]);
    for _ in 0..3 {
        let answer = http.get(&api.url).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(
        authorizations(&api),
        [
            "Bearer first",
            "Bearer second",
            "Bearer second",
            "Bearer second"
        ]
    );
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn another_refusal_is_not_tried_again() {
    let (service, api) = (service().await, api(&[403]).await);
    let http = http(&service.client(), &[&api]);
    assert_eq!(http.get(&api.url).send().await.unwrap().status(), 403);
    assert_eq!(authorizations(&api), ["Bearer first"]);
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let refusal = Answer::refusal(401, 1203, "The personal access token was revoked.");
    let (service, api) = (Service::start([refusal]).await, api(&[200]).await);
    let http = http(&service.client(), &[&api]);
    let error = http.get(&api.url).send().await.unwrap_err();
    let reqwest_middleware::Error::Middleware(error) = error else {
        panic!("{error}")
    };
    assert!(
        matches!(error.downcast_ref(), Some(Error::Revoked(_))),
        "{error:?}"
    );
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn an_origin_that_would_see_it_in_clear_is_refused() {
    let client = service().await.client();
    let error = client
        .middleware(["http://orders.example.com"])
        .unwrap_err();
    assert!(matches!(error, Error::Url { .. }), "{error:?}");
}
