//! Operations that give a secret require a recent sign-in, and a session is confirmed by its
//! password.

use std::time::Duration;

use ats_pat_domain::Code;
use ats_pat_test_support::world::PASSWORD;
use reqwest::header::SET_COOKIE;
use serde_json::{Value, json};

use crate::fixture::{Answer, EXCHANGE, NOBODYS, Server, TOKENS};

const CONFIRM: &str = "POST /api/session/confirm";

/// The policy requires a sign-in in the last quarter of an hour.
async fn server() -> Server {
    Server::with(|settings| settings.policy.base.recent_sign_in_minutes = 15).await
}

/// Lets the sign-in get too old.
fn pass(server: &Server) {
    server.world.clock.advance(Duration::from_mins(16));
}

async fn confirm(server: &Server, cookie: &str, password: &str) -> Answer {
    let call = server.call(CONFIRM).cookie(cookie);
    call.json(&json!({"Password": password})).send().await
}

fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers[SET_COOKIE].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// Method, path and operation id of every operation in the document that requires a session, and
/// whether it names `RecentSignInRequired`.
fn operations() -> Vec<(String, String, bool)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_default();
            let security = operation["security"].to_string();
            if id.is_empty() || !security.contains("sessionCookie") {
                continue;
            }
            let examples =
                &operation["responses"]["403"]["content"]["application/json"]["examples"];
            let asks = !examples["RecentSignInRequired"].is_null();
            let line = format!("{} {path}", method.to_uppercase());
            operations.push((line, id.to_owned(), asks));
        }
    }
    operations
}

#[tokio::test]
async fn exactly_the_operations_that_give_rights_require_a_recent_sign_in() {
    let server = server().await;
    let cookie = server.sign_in_administrator("ada").await;
    let id = server.create(&cookie, "ci").await["Token"]["Id"].clone();
    let account = server.world.add_service_account("deploy", "ada").await.id;
    pass(&server);
    let operations = operations();
    let asking: Vec<&str> = operations
        .iter()
        .filter_map(|(_, id, asks)| asks.then_some(id.as_str()))
        .collect();
    assert_eq!(
        asking,
        [
            "createOperatorKey",
            "revokeMatchingTokens",
            "putPolicy",
            "rotateSigningKeys",
            "createUser",
            "updateUser",
            "eraseUser",
            "createServiceToken",
            "regenerateServiceToken",
            "createPersonalAccessToken",
            "regeneratePersonalAccessToken",
            "createServiceAccountToken",
            "regenerateServiceAccountToken",
        ]
    );
    assert!(operations.len() > 15, "{operations:?}");
    for (line, id_of, asks) in operations {
        if id_of == "signOut" {
            continue;
        }
        let line = line
            .replace(
                "/serviceaccount/{Id}",
                &format!("/serviceaccount/{account}"),
            )
            .replace("{TokenId}", NOBODYS)
            .replace("{Id}", id.as_str().unwrap());
        // No operation accepts this body, and the old sign-in is reported before that.
        let call = server.call(&line).cookie(&cookie);
        let answer = call.body("text/plain", "x").send().await;
        assert_eq!(
            answer.code() == Code::RecentSignInRequired,
            asks,
            "{line}: {}",
            answer.text
        );
        if asks {
            assert_eq!((answer.status, &*answer.parameters()), (403, "15"));
        }
    }
    let out = server.call("DELETE /api/session").cookie(&cookie);
    assert_eq!(out.code().await, (200, Code::Success));
}

#[tokio::test]
async fn a_confirmed_session_has_another_cookie_and_gives_secrets_again() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    pass(&server);
    let create = |cookie: String, name: &str| {
        let call = server.call(&format!("POST {TOKENS}")).cookie(&cookie);
        call.json(&server.new_token(name)).code()
    };
    let refused = (403, Code::RecentSignInRequired);
    assert_eq!(create(cookie.clone(), "ci").await, refused);
    let confirmed = confirm(&server, &cookie, PASSWORD).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert_eq!(confirmed.json()["Data"]["UserName"], "ada");
    let new = cookie_of(&confirmed);
    assert_ne!(new, cookie);
    assert_eq!(
        create(new.clone(), "ci").await,
        (201, Code::Success),
        "nothing was created before"
    );
    let session = server.call("GET /api/session").cookie(&cookie);
    assert_eq!(session.code().await, (401, Code::SignInRequired));

    // A browser may also send an older session of the same user. That one ends, too.
    let older = server.sign_in_again("ada").await;
    let both = format!("{new}; {older}");
    let confirmed = confirm(&server, &both, PASSWORD).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    for ended in [&new, &older] {
        let session = server.call("GET /api/session").cookie(ended);
        assert_eq!(session.code().await, (401, Code::SignInRequired));
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_too_many_are_slowed() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let wrong = confirm(&server, &cookie, "wrong-horse-1").await;
    assert_eq!(
        (wrong.status, wrong.code(), wrong.header("www-authenticate")),
        (401, Code::InvalidCredentials, "Session")
    );
    assert_eq!(wrong.header("set-cookie"), "");
    for _ in 0..9 {
        confirm(&server, &cookie, "wrong-horse-1").await;
    }
    let limited = confirm(&server, &cookie, PASSWORD).await;
    assert_eq!(limited.code(), Code::TooManyRequests);
    assert!(!limited.header("retry-after").is_empty());
    let session = server.call("GET /api/session").cookie(&cookie);
    assert_eq!(session.code().await, (200, Code::Success));
}

#[tokio::test]
async fn the_first_fault_of_a_confirmation_is_reported_first() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let call = || server.call(CONFIRM);
    let foreign = call().header("Origin", "https://evil.example");
    let foreign = foreign.body("text/plain", "{");
    assert_eq!(foreign.code().await, (403, Code::CrossSiteRequest));
    let nobody = call().body("text/plain", "{");
    assert_eq!(nobody.code().await, (401, Code::SignInRequired));
    let call = || server.call(CONFIRM).cookie(&cookie);
    for (content_type, body, expected) in [
        ("text/plain", "{", (415, Code::UnsupportedMediaType)),
        ("application/json", "{", (400, Code::InvalidRequest)),
        (
            "application/json",
            r#"{"Password": 7}"#,
            (400, Code::InvalidRequest),
        ),
        (
            "application/json",
            r#"{"UserName": "ada"}"#,
            (400, Code::InvalidRequest),
        ),
        ("application/json", "{}", (400, Code::ValidationFailed)),
        (
            "application/json",
            r#"{"Password": ""}"#,
            (400, Code::ValidationFailed),
        ),
    ] {
        let answer = call().body(content_type, body).code().await;
        assert_eq!(answer, expected, "{body}");
    }
    let get = server.call("GET /api/session/confirm").cookie(&cookie);
    assert_eq!(get.code().await, (405, Code::MethodNotAllowed));
}

#[tokio::test]
async fn a_token_that_regenerates_itself_has_no_session_to_confirm() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let mut new = server.new_token("ci");
    new["MayRegenerateItself"] = json!(true);
    new["RegeneratesUntil"] = new["ExpiresAt"].clone();
    let made = server.call(&format!("POST {TOKENS}")).cookie(&cookie);
    let made = made.json(&new).send().await.json();
    let secret = made["Data"]["Secret"].as_str().unwrap();
    pass(&server);
    let line = format!("POST {TOKENS}/self/regenerate");
    let regenerated = server.call(&line).header("personalAccessToken", secret);
    assert_eq!(regenerated.code().await, (200, Code::Success));
    let exchanged = server.call(&format!("GET {EXCHANGE}"));
    let exchanged = exchanged.header("personalAccessToken", secret);
    assert_eq!(exchanged.code().await, (200, Code::Success));
}
