//! Whole answers, without times, ids and secrets.

use ats_pat_domain::{Code, IdempotencyKey};
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ats_pat_service::Service;
use ats_pat_test_support::world::{DAY, PASSWORD};
use serde_json::{Value, json};

use crate::fixture::{Answer, EXCHANGE, Server, TOKENS};

/// Replaces everything that differs from run to run.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(redact),
        Value::Array(elements) => elements.iter_mut().for_each(redact),
        Value::String(text) if text.starts_with("atspat_") && text.len() == 56 => {
            "[secret]".clone_into(text);
        }
        Value::String(text) if text.starts_with("eyJ") => "[authentication token]".clone_into(text),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => {
            "[id]".clone_into(text);
        }
        _ => {}
    }
}

fn tell(text: &mut String, line: &str, answer: &Answer) {
    let mut body = answer.json();
    redact(&mut body);
    writeln!(text, "{line}\n{}", answer.status).unwrap();
    for name in [
        "ats-authentication-token-audience",
        "ats-authentication-token-expires-at",
        "ats-personal-access-token-expires-at",
        "idempotency-replayed",
        "retry-after",
        "www-authenticate",
    ] {
        if !answer.header(name).is_empty() {
            writeln!(text, "{name}: {}", answer.header(name)).unwrap();
        }
    }
    if let Some((path, _)) = answer.header("location").rsplit_once('/') {
        writeln!(text, "location: {path}/[id]").unwrap();
    }
    if let Some((_, attributes)) = answer.header("set-cookie").split_once(';') {
        writeln!(text, "set-cookie: […];{attributes}").unwrap();
    }
    writeln!(text, "{body:#}\n").unwrap();
}

/// Creates a token once by several requests.
async fn tell_once(text: &mut String, server: &Server, cookie: &str) {
    // The id is made from the key's time. A later one comes first in the list of tokens that were
    // created at the same time.
    let later = server.world.now().after(Duration::from_millis(1));
    let key = IdempotencyKey::new(later, [7; 10]).to_string();
    let mut once = server.new_token("once");
    for (what, description) in [
        ("with Idempotency-Key", "builds"),
        ("with the same Idempotency-Key", "builds"),
        ("with the same Idempotency-Key, another body", "deploys"),
    ] {
        once["Description"] = json!(description);
        let answer = server
            .call(&format!("POST {TOKENS}"))
            .cookie(cookie)
            .header("Idempotency-Key", &key)
            .json(&once)
            .send()
            .await;
        let line = format!("POST /api/personalaccesstoken ({what})");
        tell(text, &line, &answer);
    }
}

/// Edits a token.
async fn tell_updates(text: &mut String, server: &Server, cookie: &str, id: &str) {
    let update = json!({"Name": "nightly", "ExpiresAt": "2026-11-25T12:00:00+02:00"});
    for (what, body) in [
        ("name and expiry", update.clone()),
        ("nothing new", update),
        (
            "a later expiry",
            json!({"ExpiresAt": "2026-11-25T12:00:01+02:00"}),
        ),
        ("a name in use", json!({"Name": "ONCE"})),
    ] {
        let answer = server
            .call(&format!("PATCH {TOKENS}/{id}"))
            .cookie(cookie)
            .json(&body)
            .send()
            .await;
        tell(text, &format!("PATCH {TOKENS}/{{Id}} ({what})"), &answer);
    }
}

#[tokio::test]
async fn every_route_answers_in_its_envelope() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let mut text = String::new();
    let sign_in = json!({"UserName": "ADA", "Password": PASSWORD});
    let answer = server.call("POST /api/session").json(&sign_in).send().await;
    tell(&mut text, "POST /api/session", &answer);
    let answer = server
        .call("POST /api/session")
        .json(&json!({"UserName": "ada", "Password": "wrong-horse"}))
        .send()
        .await;
    tell(&mut text, "POST /api/session (a wrong password)", &answer);
    let mut new = server.new_token("ci");
    new["Description"] = json!("builds");
    new["AllowedNetworks"] = json!(["127.0.0.1", "10.1.2.3/8"]);
    let created = server
        .call(&format!("POST {TOKENS}"))
        .cookie(&cookie)
        .json(&new)
        .send()
        .await;
    tell(&mut text, "POST /api/personalaccesstoken", &created);
    let created = created.json();
    let (id, secret) = (
        created["Data"]["Token"]["Id"].as_str().unwrap(),
        created["Data"]["Secret"].as_str().unwrap(),
    );
    let again = server
        .call(&format!("POST {TOKENS}"))
        .cookie(&cookie)
        .json(&new)
        .send()
        .await;
    tell(
        &mut text,
        "POST /api/personalaccesstoken (the same name)",
        &again,
    );
    tell_once(&mut text, &server, &cookie).await;
    let exchanged = server
        .call(&format!("GET {EXCHANGE}"))
        .header("personalAccessToken", secret)
        .send()
        .await;
    tell(
        &mut text,
        "GET /api/personalaccesstoken/getAuthenticationToken",
        &exchanged,
    );
    let exchanged = exchanged.json();
    let bearer = format!("bearer {}", exchanged["Data"].as_str().unwrap());
    tell(
        &mut text,
        "GET /api/identity",
        &server
            .call("GET /api/identity")
            .header("Authorization", &bearer)
            .send()
            .await,
    );
    tell_updates(&mut text, &server, &cookie, id).await;
    for line in [
        "GET /api/session".to_owned(),
        format!("GET {TOKENS}/policy"),
        format!("GET {TOKENS}"),
        format!("GET {TOKENS}/{id}"),
        format!("POST {TOKENS}/{id}/regenerate"),
        format!("POST {TOKENS}/{id}/endOverlap"),
        format!("POST {TOKENS}/{id}/revoke"),
        format!("POST {TOKENS}/{id}/revoke"),
        "DELETE /api/session".to_owned(),
    ] {
        let answer = server.call(&line).cookie(&cookie).send().await;
        tell(&mut text, &line.replace(id, "{Id}"), &answer);
    }
    let answer = server
        .call("GET /api/identity")
        .header("Authorization", &bearer)
        .send()
        .await;
    tell(&mut text, "GET /api/identity (of a revoked token)", &answer);
    insta::assert_snapshot!("answers", text);
}

#[tokio::test]
async fn the_refusal_of_an_expired_token_says_when_it_expired() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let secret = server.create(&cookie, "ci").await["Secret"]
        .as_str()
        .unwrap()
        .to_owned();
    server.world.clock.advance(DAY);
    let answer = server
        .call(&format!("GET {EXCHANGE}"))
        .header("personalAccessToken", &secret)
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.code(), answer.parameters().as_str()),
        (
            401,
            Code::PersonalAccessTokenExpired,
            "2026-11-25T10:20:30.123Z"
        )
    );
}

/// A clock that a test makes panic.
struct BrokenClock(Arc<AtomicBool>);

impl ats_pat_domain::port::Clock for BrokenClock {
    fn now(&self) -> ats_pat_domain::Timestamp {
        assert!(!self.0.load(Ordering::SeqCst), "a secret in a panic");
        ats_pat_test_support::clock::START
    }

    fn since_boot(&self) -> Duration {
        DAY
    }
}

#[tokio::test]
async fn a_panic_is_answered_with_an_envelope_and_the_connection_stays_open() {
    let server = Server::start().await;
    let mut parts = server.world.parts();
    let broken = Arc::new(AtomicBool::new(false));
    parts.clock = Arc::new(BrokenClock(broken.clone()));
    let service = Service::open(parts).await.unwrap();
    let server = Server::over(service, server).await;
    broken.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let answer = server
            .call("GET /api/session")
            .cookie("__Host-ats_session=x")
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.code()),
            (500, Code::InternalError),
            "{}",
            answer.text
        );
        assert_eq!(answer.parameters(), answer.header("x-request-id"));
        assert!(!answer.text.contains("secret that"));
    }
}
