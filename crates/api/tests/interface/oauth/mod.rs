//! The endpoints of the OAuth standards.

mod answers;
mod forms;
mod leaks;
mod metadata;
mod order;

use std::fmt::Write as _;

use ats_pat_domain::scope::Scope;
use ats_pat_test_support::world::{ISSUER, PASSWORD};
use serde_json::{Value, json};

use crate::fixture::{Answer, Call, EXCHANGE, Server, TOKENS};

const TOKEN: &str = "/oauth2/token";
const INTROSPECT: &str = "/oauth2/introspect";
const REVOKE: &str = "/oauth2/revoke";
const FORM: &str = "application/x-www-form-urlencoded";
/// The second audience. The first is the issuer.
const ORDERS: &str = "https://orders.example.com";

/// A deployment with a catalogue and two audiences.
async fn server() -> Server {
    Server::with(|settings| {
        settings.audience = vec![ISSUER.to_owned(), ORDERS.to_owned()];
        settings.policy.base.scopes = vec![Scope::new("orders:read", "Read orders").unwrap()];
    })
    .await
}

/// Posts a form.
fn post(server: &Server, path: &str, pairs: &[(&str, &str)]) -> Call {
    let encoded = form(pairs);
    server.call(&format!("POST {path}")).body(FORM, encoded)
}

fn form(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// The parameters that every token exchange needs, and more.
fn exchange<'a>(secret: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut pairs = vec![
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", secret),
        (
            "subject_token_type",
            "urn:atsglobal:params:oauth:token-type:personal-access-token",
        ),
    ];
    pairs.extend(more);
    pairs
}

/// Creates a token with these scopes. Returns its secret.
async fn secret(server: &Server, cookie: &str, name: &str, scopes: &[&str]) -> String {
    let mut new = server.new_token(name);
    new["Scopes"] = json!(scopes);
    let created = server
        .call(&format!("POST {TOKENS}"))
        .cookie(cookie)
        .json(&new);
    let created = created.send().await;
    assert_eq!(created.status, 201, "{}", created.text);
    created.json()["Data"]["Secret"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The authentication token of a secret.
async fn bearer(server: &Server, secret: &str) -> String {
    let exchanged = server.call(&format!("GET {EXCHANGE}"));
    let exchanged = exchanged.header("personalAccessToken", secret).send().await;
    exchanged.json()["Data"].as_str().unwrap().to_owned()
}

/// The `Authorization` header of a caller who may introspect.
async fn introspector(server: &Server) -> String {
    server.world.add_administrator("root").await;
    let cookie = cookie(server, "root").await;
    let secret = secret(server, &cookie, "gateway", &["introspect"]).await;
    format!("Bearer {}", bearer(server, &secret).await)
}

async fn cookie(server: &Server, name: &str) -> String {
    let answer = server
        .call("POST /api/session")
        .json(&json!({"UserName": name, "Password": PASSWORD}))
        .send()
        .await;
    let set = answer.header("set-cookie").split(';').next();
    set.unwrap().to_owned()
}

/// Writes an answer down, without the parts that differ from run to run.
fn tell(text: &mut String, what: &str, answer: &Answer) {
    writeln!(text, "# {what}\n{}", answer.status).unwrap();
    for name in [
        "content-type",
        "cache-control",
        "pragma",
        "allow",
        "retry-after",
        "www-authenticate",
        "access-control-allow-origin",
    ] {
        if !answer.header(name).is_empty() {
            writeln!(text, "{name}: {}", answer.header(name)).unwrap();
        }
    }
    if !answer.text.is_empty() {
        let mut body = answer.json();
        redact(&mut body);
        writeln!(text, "{body:#}").unwrap();
    }
    text.push('\n');
}

fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(redact),
        Value::Array(elements) => elements.iter_mut().for_each(redact),
        Value::String(text) if text.starts_with("eyJ") => "[authentication token]".clone_into(text),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => {
            "[id]".clone_into(text);
        }
        _ => {}
    }
}
