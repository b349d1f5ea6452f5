//! Whole answers, without ids and tokens.

use ats_pat_domain::Code;
use ats_pat_test_support::world::DAY;
use serde_json::json;

use super::{
    INTROSPECT, ORDERS, REVOKE, TOKEN, bearer, exchange, introspector, post, secret, server, tell,
};
use crate::fixture::{EXCHANGE, TOKENS};

#[tokio::test]
async fn a_token_exchange_answers_or_refuses_in_the_form_of_its_standard() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let ada = secret(&server, &cookie, "ci", &["all"]).await;
    let mut text = String::new();
    for (what, more) in [
        ("as it is", &[][..]),
        (
            "narrowed",
            &[
                ("scope", "orders:read"),
                ("audience", ORDERS),
                ("expires_in", "60"),
                (
                    "requested_token_type",
                    "urn:ietf:params:oauth:token-type:jwt",
                ),
                ("client_id", "ignored"),
            ],
        ),
        (
            "parameters without values",
            &[("scope", ""), ("audience", ""), ("resource", "")],
        ),
        (
            "a scope that it does not have",
            &[("scope", "orders:read introspect")],
        ),
        (
            "an audience of somebody else",
            &[("audience", ORDERS), ("audience", "https://evil.example")],
        ),
        ("a resource", &[("resource", ORDERS)]),
        ("a longer life", &[("expires_in", "301")]),
        ("no number", &[("expires_in", "+60")]),
        ("no life", &[("expires_in", "0")]),
        ("an actor", &[("actor_token", "x")]),
        (
            "another type",
            &[(
                "requested_token_type",
                "urn:ietf:params:oauth:token-type:saml2",
            )],
        ),
        (
            "a repeated parameter",
            &[("scope", "orders:read"), ("scope", "orders:read")],
        ),
    ] {
        let answer = post(&server, TOKEN, &exchange(&ada, more)).send().await;
        tell(&mut text, what, &answer);
    }
    for (what, pairs) in [
        ("nothing", &[][..]),
        ("another grant", &[("grant_type", "password")]),
        (
            "no subject",
            &[(
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            )],
        ),
        (
            "a subject of another type",
            &[
                (
                    "grant_type",
                    "urn:ietf:params:oauth:grant-type:token-exchange",
                ),
                ("subject_token", "x"),
                (
                    "subject_token_type",
                    "urn:ietf:params:oauth:token-type:access_token",
                ),
            ],
        ),
    ] {
        tell(&mut text, what, &post(&server, TOKEN, pairs).send().await);
    }
    insta::assert_snapshot!("token", text);
}

#[tokio::test]
async fn a_token_exchange_says_what_is_wrong_with_the_personal_access_token() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let mut text = String::new();
    let operator = server.world.service.operator();
    let mut far = server.new_token("far");
    far["AllowedNetworks"] = json!(["203.0.113.0/24"]);
    let far = server
        .call(&format!("POST {TOKENS}"))
        .cookie(&cookie)
        .json(&far)
        .send()
        .await
        .json();
    let far = far["Data"]["Secret"].as_str().unwrap();
    let ada = secret(&server, &cookie, "ci", &["all"]).await;
    let ended = secret(&server, &cookie, "ended", &["all"]).await;
    assert_eq!(
        post(&server, REVOKE, &[("token", &ended)])
            .send()
            .await
            .status,
        200
    );
    for (what, secret) in [
        ("unknown", "atspat_guess"),
        ("revoked", &ended),
        ("of another network", far),
    ] {
        let answer = post(&server, TOKEN, &exchange(secret, &[])).send().await;
        tell(&mut text, what, &answer);
    }
    operator.disable_user("ada").await.unwrap();
    tell(
        &mut text,
        "of a disabled owner",
        &post(&server, TOKEN, &exchange(&ada, &[])).send().await,
    );
    server.world.clock.advance(DAY);
    tell(
        &mut text,
        "expired",
        &post(&server, TOKEN, &exchange(&ada, &[])).send().await,
    );
    for _ in 0..100 {
        post(&server, TOKEN, &exchange("atspat_guess", &[]))
            .send()
            .await;
    }
    let answer = post(&server, TOKEN, &exchange("atspat_guess", &[]))
        .send()
        .await;
    tell(&mut text, "after too many guesses", &answer);
    insta::assert_snapshot!("refused_tokens", text);
}

#[tokio::test]
async fn only_callers_with_the_scope_may_introspect() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let ada = secret(&server, &cookie, "ci", &["orders:read"]).await;
    let token = bearer(&server, &ada).await;
    let by = introspector(&server).await;
    let mut text = String::new();
    for (what, authorization) in [
        ("nobody", ""),
        ("another scheme", "Basic YTpi"),
        ("a personal access token", &format!("Bearer {ada}")),
        ("without the scope", &format!("Bearer {token}")),
    ] {
        let call = post(&server, INTROSPECT, &[("token", &ada)]);
        let call = if authorization.is_empty() {
            call
        } else {
            call.header("Authorization", authorization)
        };
        tell(&mut text, what, &call.send().await);
    }
    let ask = async |pairs: &[(&str, &str)]| {
        let call = post(&server, INTROSPECT, pairs).header("Authorization", &by);
        call.send().await
    };
    for (what, pairs) in [
        ("no token", &[][..]),
        ("of a personal access token", &[("token", ada.as_str())]),
        (
            "of an authentication token, with a wrong hint",
            &[
                ("token", token.as_str()),
                ("token_type_hint", "refresh_token"),
            ],
        ),
        ("of nothing", &[("token", "atspat_guess")]),
    ] {
        tell(&mut text, what, &ask(pairs).await);
    }
    assert_eq!(
        post(&server, REVOKE, &[("token", &ada)])
            .send()
            .await
            .status,
        200
    );
    for ended in [&ada, &token] {
        assert_eq!(ask(&[("token", ended)]).await.text, r#"{"active":false}"#);
    }
    insta::assert_snapshot!("introspect", text);
}

#[tokio::test]
async fn the_holder_of_a_token_may_revoke_it() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let ada = secret(&server, &cookie, "ci", &["all"]).await;
    let token = bearer(&server, &ada).await;
    let mut text = String::new();
    for (what, pairs) in [
        ("nothing", &[][..]),
        ("an authentication token", &[("token", token.as_str())]),
        ("an unknown one", &[("token", "atspat_guess")]),
        (
            "with a hint",
            &[("token", ada.as_str()), ("token_type_hint", "access_token")],
        ),
        ("again", &[("token", ada.as_str())]),
    ] {
        tell(&mut text, what, &post(&server, REVOKE, pairs).send().await);
    }
    let exchanged = server
        .call(&format!("GET {EXCHANGE}"))
        .header("personalAccessToken", &ada);
    assert_eq!(
        exchanged.code().await,
        (401, Code::PersonalAccessTokenRevoked)
    );
    insta::assert_snapshot!("revoke", text);
}
