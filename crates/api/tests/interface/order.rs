//! Refusals come in the contract's order.

use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_test_support::world::DAY;
use serde_json::json;

use crate::fixture::{NOBODYS, Server, TOKENS};

/// A request in which everything is wrong, corrected step by step.
#[tokio::test]
async fn the_first_fault_is_reported_first() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let large = "x".repeat(65_537);
    let foreign = ("Origin", "https://evil.example");
    let regenerate = format!("POST {TOKENS}/{NOBODYS}/regenerate");

    let wrong = |line: &str| {
        server
            .call(line)
            .header(foreign.0, foreign.1)
            .body("text/plain", large.clone())
    };
    assert_eq!(
        wrong("POST /api/nothing").code().await,
        (404, Code::PathNotFound)
    );
    assert_eq!(
        wrong(&format!("PUT {TOKENS}/{NOBODYS}/regenerate"))
            .code()
            .await,
        (405, Code::MethodNotAllowed)
    );
    assert_eq!(wrong(&regenerate).code().await, (413, Code::BodyTooLarge));
    let call = || server.call(&regenerate);
    assert_eq!(
        call()
            .header(foreign.0, foreign.1)
            .body("text/plain", "{")
            .code()
            .await,
        (403, Code::CrossSiteRequest)
    );
    assert_eq!(
        call().body("text/plain", "{").code().await,
        (401, Code::SignInRequired)
    );
    assert_eq!(
        call().cookie(&cookie).body("text/plain", "{").code().await,
        (415, Code::UnsupportedMediaType)
    );
    assert_eq!(
        call()
            .cookie(&cookie)
            .body("application/json", "{")
            .code()
            .await,
        (400, Code::InvalidRequest)
    );
    assert_eq!(
        call()
            .cookie(&cookie)
            .json(&json!({"ExpiresAt": "tomorrow"}))
            .code()
            .await,
        (400, Code::ValidationFailed)
    );
    assert_eq!(
        call()
            .cookie(&cookie)
            .json(&json!({"ExpiresAt": "2020-01-01T00:00:00Z", "OverlapHours": 1000}))
            .code()
            .await,
        (400, Code::ExpirationNotAllowed)
    );
    assert_eq!(
        call().cookie(&cookie).json(&json!({})).code().await,
        (404, Code::TokenNotFound)
    );
    assert_eq!(
        call().cookie(&cookie).code().await,
        (404, Code::TokenNotFound)
    );
    let id = server.create(&cookie, "ci").await["Token"]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        server
            .call(&format!("POST {TOKENS}/{id}/revoke"))
            .cookie(&cookie)
            .code()
            .await,
        (200, Code::Success)
    );
    assert_eq!(
        server
            .call(&format!("POST {TOKENS}/{id}/regenerate"))
            .cookie(&cookie)
            .code()
            .await,
        (409, Code::TokenNotActive)
    );
}

#[tokio::test]
async fn the_first_fault_of_an_overlap_is_reported_first() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let regenerate = format!("POST {TOKENS}/{NOBODYS}/regenerate");
    let call = || server.call(&regenerate);
    for (body, refused) in [
        (
            json!({"EndOverlapAtFirstUse": true, "ExpiresAt": "2020-01-01T00:00:00Z"}),
            (400, Code::ValidationFailed),
        ),
        (json!({"OverlapHours": -1}), (400, Code::InvalidRequest)),
        (json!({"OverlapHours": 1.5}), (400, Code::InvalidRequest)),
        (json!({"OverlapHours": 169}), (403, Code::PolicyForbids)),
        (json!({"OverlapHours": 168}), (404, Code::TokenNotFound)),
    ] {
        assert_eq!(call().cookie(&cookie).json(&body).code().await, refused);
    }
}

/// An old sign-in is reported after the credential, and before all faults of the body or the token.
#[tokio::test]
async fn an_old_sign_in_is_reported_before_faults_of_the_request() {
    let server = Server::with(|settings| settings.policy.base.recent_sign_in_minutes = 15).await;
    let cookie = server.sign_in("ada").await;
    server.world.clock.advance(Duration::from_mins(16));
    let account = format!("/api/serviceaccount/{NOBODYS}/personalaccesstoken");
    for line in [
        format!("POST {TOKENS}"),
        format!("POST {TOKENS}/{NOBODYS}/regenerate"),
        format!("POST {account}"),
        format!("POST {account}/{NOBODYS}/regenerate"),
    ] {
        let call = || server.call(&line);
        let foreign = call().header("Origin", "https://evil.example");
        assert_eq!(
            foreign.cookie(&cookie).body("text/plain", "{").code().await,
            (403, Code::CrossSiteRequest)
        );
        assert_eq!(
            call().body("text/plain", "{").code().await,
            (401, Code::SignInRequired)
        );
        for (content_type, body) in [
            ("text/plain", "{"),
            ("application/json", "{"),
            ("application/json", "{}"),
            ("application/json", r#"{"ExpiresAt": "tomorrow"}"#),
        ] {
            let answer = call().cookie(&cookie).body(content_type, body);
            let answer = answer.header("Idempotency-Key", "none").code().await;
            assert_eq!(answer, (403, Code::RecentSignInRequired), "{line} {body}");
        }
    }
}

/// The same for an edit, whose expiry is also compared with the token's own.
#[tokio::test]
async fn the_first_fault_of_an_edit_is_reported_first() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let patch = format!("PATCH {TOKENS}/{NOBODYS}");
    let call = || server.call(&patch);
    let foreign = call().header("Origin", "https://evil.example");
    assert_eq!(
        foreign.body("text/plain", "{").code().await,
        (403, Code::CrossSiteRequest)
    );
    assert_eq!(
        call().body("text/plain", "{").code().await,
        (401, Code::SignInRequired)
    );
    let typed = |kind: &str, body: &str| {
        let body = body.to_owned();
        call().cookie(&cookie).body(kind, body)
    };
    for (kind, body, expected) in [
        ("text/plain", "{", (415, Code::UnsupportedMediaType)),
        ("application/json", "{", (400, Code::InvalidRequest)),
        (
            "application/json",
            r#"{"Scopes": ["all"]}"#,
            (400, Code::InvalidRequest),
        ),
        (
            "application/json",
            r#"{"Name": " ", "ExpiresAt": "2020-01-01T00:00:00Z"}"#,
            (400, Code::ValidationFailed),
        ),
        (
            "application/json",
            r#"{"ExpiresAt": "2020-01-01T00:00:00Z"}"#,
            (400, Code::ExpirationNotAllowed),
        ),
        (
            "application/json",
            r#"{"Name": "other"}"#,
            (404, Code::TokenNotFound),
        ),
        ("application/json", "{}", (404, Code::TokenNotFound)),
        ("", "", (404, Code::TokenNotFound)),
    ] {
        assert_eq!(typed(kind, body).code().await, expected, "{body}");
    }
    let mut ids = Vec::new();
    for name in ["ci", "other"] {
        let created = server.create(&cookie, name).await;
        ids.push(created["Token"]["Id"].as_str().unwrap().to_owned());
    }
    let edit = |body: serde_json::Value| {
        let line = format!("PATCH {TOKENS}/{}", ids[0]);
        server.call(&line).cookie(&cookie).json(&body)
    };
    let later = server.world.now().after(2 * DAY).to_string();
    assert_eq!(
        edit(json!({"Name": "OTHER", "ExpiresAt": later}))
            .code()
            .await,
        (400, Code::ExpirationNotAllowed)
    );
    assert_eq!(
        edit(json!({"Name": "OTHER"})).code().await,
        (409, Code::NameInUse)
    );
    let nothing = edit(json!({"Name": null, "Description": null}));
    assert_eq!(nothing.code().await, (200, Code::Success));
    let revoke = server.call(&format!("POST {TOKENS}/{}/revoke", ids[0]));
    assert_eq!(revoke.cookie(&cookie).code().await, (200, Code::Success));
    for body in [json!({"Name": "OTHER"}), json!({"ExpiresAt": later})] {
        assert_eq!(edit(body).code().await, (409, Code::TokenNotActive));
    }
    assert_eq!(
        edit(json!({"Description": "over"})).code().await,
        (200, Code::Success)
    );
}

/// An unreadable key is refused after the content type, and before the values of the body.
#[tokio::test]
async fn an_idempotency_key_is_one_uuid_of_version_7() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let good = ats_pat_domain::IdempotencyKey::new(server.world.now(), [9; 10]).to_string();
    let create = |keys: &[&str]| {
        let call = server.call(&format!("POST {TOKENS}")).cookie(&cookie);
        keys.iter()
            .fold(call, |call, key| call.header("Idempotency-Key", key))
    };
    for keys in [
        &[""][..],
        &["1"],
        &["0193f2a0-7b1c-4d2e-8f00-0123456789ab"],
        &[&good, &good],
    ] {
        assert_eq!(
            create(keys).body("text/plain", "{}").code().await,
            (415, Code::UnsupportedMediaType)
        );
        let answer = create(keys).json(&json!({"Name": ""})).send().await;
        assert_eq!(
            (answer.status, answer.code(), answer.parameters().as_str()),
            (400, Code::InvalidRequest, "header, Idempotency-Key"),
            "{keys:?}"
        );
    }
    let values = create(&[&good]).json(&json!({"Name": ""}));
    assert_eq!(values.code().await, (400, Code::ValidationFailed));
}
