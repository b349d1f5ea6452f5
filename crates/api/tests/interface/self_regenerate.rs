//! A token regenerates itself, over HTTP.

use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_test_support::world::DAY;
use serde_json::{Value, json};

use crate::fixture::{Call, EXCHANGE, Server, TOKENS};

const REGENERATE: &str = "POST /api/personalaccesstoken/self/regenerate";

/// A token that may regenerate itself for ten days, and lasts one day.
async fn renewable(server: &Server, cookie: &str) -> Value {
    let at = |after: Duration| server.world.now().after(after).to_string();
    let create = server.call(&format!("POST {TOKENS}")).cookie(cookie);
    let body = json!({
        "Name": "pipeline",
        "ExpiresAt": at(DAY),
        "MayRegenerateItself": true,
        "RegeneratesUntil": at(DAY * 10),
    });
    data(create.json(&body)).await
}

async fn data(call: Call) -> Value {
    call.send().await.json()["Data"].take()
}

fn secret(issued: &Value) -> String {
    issued["Secret"].as_str().unwrap().to_owned()
}

fn shows(call: Call, secret: &str) -> Call {
    call.header("personalAccessToken", secret)
}

#[tokio::test]
async fn a_script_gets_a_new_secret_and_confirms_it() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let issued = renewable(&server, &cookie).await;
    assert_eq!(issued["Token"]["MayRegenerateItself"], json!(true));
    let old = secret(&issued);
    let get = format!("GET {EXCHANGE}");
    let exchange = async |secret: &str| shows(server.call(&get), secret).code().await.1;

    let renewed = data(shows(server.call(REGENERATE), &old)).await;
    assert_eq!(renewed["Id"], issued["Token"]["Id"]);
    assert_eq!(renewed["ConfirmBefore"], issued["Token"]["ExpiresAt"]);
    let new = secret(&renewed);
    assert_eq!(exchange(&old).await, Code::Success);
    assert_eq!(exchange(&new).await, Code::Success);
    assert_eq!(exchange(&old).await, Code::PersonalAccessTokenInvalid);

    let expires_at = server.world.now().after(DAY * 3).to_string();
    let later = shows(server.call(REGENERATE), &new).json(&json!({"ExpiresAt": expires_at}));
    assert_eq!(data(later).await["ExpiresAt"], json!(expires_at));
}

#[tokio::test]
async fn the_first_fault_of_a_self_regeneration_is_reported_first() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let issued = renewable(&server, &cookie).await;
    let secret = secret(&issued);
    let call = || server.call(REGENERATE);
    let shown = || shows(call(), &secret);
    let foreign = call().header("Origin", "https://evil.example");
    assert_eq!(
        foreign.body("text/plain", "{").code().await,
        (403, Code::CrossSiteRequest)
    );
    for (nobody, refused) in [
        (call(), Code::PersonalAccessTokenMissing),
        (call().cookie(&cookie), Code::PersonalAccessTokenMissing),
        (
            call().header("Authorization", &format!("Bearer {secret}")),
            Code::PersonalAccessTokenMissing,
        ),
        (shows(call(), "atspat_0"), Code::PersonalAccessTokenInvalid),
        (shows(shown(), &secret), Code::PersonalAccessTokenInvalid),
    ] {
        assert_eq!(nobody.body("text/plain", "{").code().await, (401, refused));
    }
    assert_eq!(
        shown().body("text/plain", "{").code().await,
        (415, Code::UnsupportedMediaType)
    );
    assert_eq!(
        shown().body("application/json", "{").code().await,
        (400, Code::InvalidRequest)
    );
    assert_eq!(
        shown().json(&json!({"OverlapHours": 1})).code().await,
        (400, Code::InvalidRequest)
    );
    assert_eq!(
        shown().json(&json!({"ExpiresAt": "soon"})).code().await,
        (400, Code::ValidationFailed)
    );
    let past = json!({"ExpiresAt": "2020-01-01T00:00:00Z"});
    assert_eq!(
        shown().json(&past).code().await,
        (400, Code::ExpirationNotAllowed)
    );
    let plain = server.create(&cookie, "plain").await;
    let plain = plain["Secret"].as_str().unwrap();
    assert_eq!(
        shows(call(), plain).json(&past).code().await,
        (403, Code::SelfRegenerateNotAllowed)
    );
    let id = issued["Token"]["Id"].as_str().unwrap();
    let revoke = server.call(&format!("POST {TOKENS}/{id}/revoke"));
    assert_eq!(revoke.cookie(&cookie).code().await.1, Code::Success);
    assert_eq!(
        shown().body("text/plain", "{").code().await,
        (401, Code::PersonalAccessTokenRevoked)
    );
}
