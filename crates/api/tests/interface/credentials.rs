//! A session, a personal access token and an authentication token are different credentials.

use ats_pat_domain::Code;
use serde_json::json;

use crate::fixture::{EXCHANGE, Server, TOKENS};

#[tokio::test]
async fn only_a_session_manages_tokens() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let issued = server.create(&cookie, "ci").await;
    let secret = issued["Secret"].as_str().unwrap();
    let id = issued["Token"]["Id"].as_str().unwrap();
    let bearer = server
        .call(&format!("GET {EXCHANGE}"))
        .header("personalAccessToken", secret)
        .send()
        .await;
    let bearer = format!("Bearer {}", bearer.json()["Data"].as_str().unwrap());
    for line in [
        format!("GET {TOKENS}"),
        format!("POST {TOKENS}"),
        format!("GET {TOKENS}/policy"),
        format!("GET {TOKENS}/{id}"),
        format!("POST {TOKENS}/{id}/revoke"),
        format!("POST {TOKENS}/{id}/regenerate"),
        format!("POST {TOKENS}/{id}/endOverlap"),
        format!("PATCH {TOKENS}/{id}"),
        "GET /api/session".to_owned(),
    ] {
        let answer = server
            .call(&line)
            .header("personalAccessToken", secret)
            .header("Authorization", &bearer)
            .send()
            .await;
        assert_eq!(
            (
                answer.status,
                answer.code(),
                answer.header("www-authenticate")
            ),
            (401, Code::SignInRequired, "Session"),
            "{line}"
        );
    }
    let listed = server
        .call(&format!("GET {TOKENS}"))
        .cookie(&cookie)
        .header("Authorization", "Bearer nonsense");
    assert_eq!(listed.code().await, (200, Code::Success));
    let page = server
        .call(&format!("GET {TOKENS}"))
        .cookie(&cookie)
        .send()
        .await
        .json();
    assert_eq!(
        (&page["Data"]["Total"], &page["Data"]["Items"][0]["Status"]),
        (&json!(1), &json!("Active"))
    );
}

#[tokio::test]
async fn a_caller_without_an_authentication_token_learns_what_to_send() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let created = server.create(&cookie, "ci").await;
    let secret = created["Secret"].as_str().unwrap();
    let says = async |authorization: &str| {
        let call = server.call("GET /api/identity");
        let call = if authorization.is_empty() {
            call
        } else {
            call.header("authorization", authorization)
        };
        let answer = call.send().await;
        assert_eq!(
            (answer.status, answer.code()),
            (401, Code::AuthenticationTokenInvalid)
        );
        answer.json()["ErrorMessage"].as_str().unwrap().to_owned()
    };
    let exchange_first = says(&format!("Bearer {secret}")).await;
    assert!(
        exchange_first.contains("exchange it first"),
        "{exchange_first}"
    );
    for nothing in ["", "Basic YTpi"] {
        let send = says(nothing).await;
        assert!(send.starts_with("Send an authentication token"), "{send}");
    }
}

#[tokio::test]
async fn the_exchange_requires_exactly_one_token() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let secret = server.create(&cookie, "ci").await["Secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let call = || server.call(&format!("GET {EXCHANGE}"));
    for (call, code) in [
        (call(), Code::PersonalAccessTokenMissing),
        (
            call().header("personalAccessToken", ""),
            Code::PersonalAccessTokenMissing,
        ),
        (
            call().header("personalAccessToken", "atspat_x"),
            Code::PersonalAccessTokenInvalid,
        ),
        (
            call()
                .header("personalAccessToken", &secret)
                .header("personalAccessToken", &secret),
            Code::PersonalAccessTokenInvalid,
        ),
        (
            call().header("Authorization", &format!("Bearer {secret}")),
            Code::PersonalAccessTokenMissing,
        ),
    ] {
        let answer = call.send().await;
        assert_eq!(
            (
                answer.status,
                answer.code(),
                answer.header("www-authenticate")
            ),
            (401, code, "PersonalAccessToken")
        );
        assert!(!answer.text.contains("atspat_"));
    }
    let identity = server
        .call("GET /api/identity")
        .header("Authorization", &format!("Bearer {secret}"))
        .send()
        .await;
    assert_eq!(
        (
            identity.status,
            identity.code(),
            identity.header("www-authenticate")
        ),
        (401, Code::AuthenticationTokenInvalid, "Bearer")
    );
}

#[tokio::test]
async fn a_forwarding_header_from_an_untrusted_sender_is_ignored() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let mut new = server.new_token("office");
    new["AllowedNetworks"] = json!(["203.0.113.0/24"]);
    let issued = server
        .call(&format!("POST {TOKENS}"))
        .cookie(&cookie)
        .json(&new)
        .send()
        .await;
    let secret = issued.json()["Data"]["Secret"].as_str().unwrap().to_owned();
    let call = || {
        server
            .call(&format!("GET {EXCHANGE}"))
            .header("personalAccessToken", &secret)
    };
    assert_eq!(call().code().await, (403, Code::NetworkNotAllowed));
    for name in ["X-Forwarded-For", "Forwarded", "X-Real-Ip"] {
        assert_eq!(
            call().header(name, "203.0.113.5").code().await,
            (403, Code::NetworkNotAllowed),
            "{name}"
        );
    }
}
