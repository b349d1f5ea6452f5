//! What each kind of refused request gets as answer (RFC 6750, section 3).

use ats_pat_token::Claims;
use ats_pat_verify::{AuthenticationToken, Error, Verifier, VerifyError};

use crate::{issuer::Reply, server::Server};

async fn authenticate(verifier: &Verifier, values: &[&str]) -> Result<AuthenticationToken, Error> {
    verifier
        .authenticate(values.iter().map(|value| value.as_bytes()))
        .await
}

fn answer(error: &Error) -> (u16, Option<String>, Option<u32>) {
    (
        error.status(),
        error.www_authenticate(),
        error.retry_after(),
    )
}

fn challenge(status: u16, value: &str) -> (u16, Option<String>, Option<u32>) {
    (status, Some(value.to_owned()), None)
}

#[tokio::test]
async fn a_request_without_credentials_gets_a_challenge_without_an_error() {
    let server = Server::start();
    let verifier = server.verifier();
    for values in [&[][..], &["Basic YTpi"]] {
        let error = authenticate(&verifier, values).await.unwrap_err();
        assert_eq!(
            answer(&error),
            challenge(401, r#"Bearer realm="https://orders.example.com""#)
        );
    }
    let verifier = server.builder().realm("the orders").build().unwrap();
    let error = authenticate(&verifier, &[]).await.unwrap_err();
    assert_eq!(
        answer(&error),
        challenge(401, r#"Bearer realm="the orders""#)
    );
}

#[tokio::test]
async fn a_malformed_header_and_two_are_the_request_s_fault() {
    let server = Server::start();
    let verifier = server.verifier();
    let good = format!("Bearer {}", server.issuer.token(1));
    assert!(authenticate(&verifier, &[&good]).await.is_ok());
    for values in [
        &[&*good, &*good][..],
        &["Bearer"],
        &["Bearer a b"],
        &["Bearer a, Bearer b"],
    ] {
        let error = authenticate(&verifier, values).await.unwrap_err();
        assert_eq!(
            answer(&error),
            challenge(
                400,
                r#"Bearer error="invalid_request", error_description="the Authorization header is malformed""#
            )
        );
    }
}

#[tokio::test]
async fn a_bad_token_is_invalid_and_only_its_holder_s_business_is_told() {
    let server = Server::start();
    let verifier = server.verifier();
    verifier.ready().await.unwrap();
    let invalid = |description: &str| {
        challenge(
            401,
            &format!(r#"Bearer error="invalid_token", error_description="{description}""#),
        )
    };
    let sign = |change: fn(&mut Claims)| {
        let mut claims = server.issuer.claims(9);
        change(&mut claims);
        format!("Bearer {}", server.issuer.sign(&claims))
    };
    let expired = sign(|claims| claims.exp -= 1000);
    let error = authenticate(&verifier, &[&expired]).await.unwrap_err();
    assert_eq!(
        answer(&error),
        invalid("the authentication token is expired")
    );
    server.issuer.revoke(9);
    server.issuer.follow("/status-lists/0").await;
    let error = authenticate(&verifier, &[&sign(|_| ())]).await.unwrap_err();
    assert_eq!(
        answer(&error),
        invalid("the authentication token was revoked")
    );
    for token in [
        "Bearer abc".to_owned(),
        sign(|claims| claims.iss.push('x')),
        sign(|claims| claims.aud = "somebody else".to_owned().into()),
        sign(|claims| claims.status = None),
    ] {
        let error = authenticate(&verifier, &[&token]).await.unwrap_err();
        assert_eq!(
            answer(&error),
            invalid("the authentication token is not valid")
        );
    }
}

#[tokio::test]
async fn a_missing_scope_is_named_and_the_form_is_linked() {
    let server = Server::start();
    let token = server.issuer.token(1);
    let verifier = server.verifier();
    let accepted = verifier.verify(&token).await.unwrap();
    assert_eq!(accepted.require_scope("orders:read"), Ok(()));
    let error = accepted.require_scope("orders:write").unwrap_err();
    let issuer = server.issuer.url();
    assert_eq!(
        answer(&error),
        challenge(
            403,
            &format!(
                "Bearer error=\"insufficient_scope\", error_description=\"the authentication token lacks a scope\", \
                 scope=\"orders:write\", \
                 error_uri=\"{issuer}/settings/personal-access-tokens/new?scopes=orders:write\""
            )
        )
    );
    assert_eq!(
        error.to_string(),
        "the authentication token lacks the scope orders:write"
    );

    let page = Some("https://pat.example.com/new".to_owned());
    let verifier = server.builder().token_page(page).build().unwrap();
    let accepted = verifier.verify(&token).await.unwrap();
    let Err(Error::InsufficientScope { form, .. }) = accepted.require_scope("a&b=\"c d\"+é")
    else {
        panic!("it has the scope");
    };
    assert_eq!(
        form.as_deref(),
        Some("https://pat.example.com/new?scopes=a%26b%3D%22c%20d%22%2B%C3%A9")
    );
}

#[tokio::test]
async fn a_scope_that_cannot_be_quoted_breaks_no_header() {
    let server = Server::start();
    let verifier = server.builder().token_page(None).build().unwrap();
    let accepted = verifier.verify(&server.issuer.token(1)).await.unwrap();
    for scope in ["", "a\"b", "a\\b", "a b", "a\r\nSet-Cookie: x", "é"] {
        let error = accepted.require_scope(scope).unwrap_err();
        assert_eq!(
            answer(&error),
            challenge(
                403,
                r#"Bearer error="insufficient_scope", error_description="the authentication token lacks a scope""#
            ),
            "{scope:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_told_is_nobody_s_fault_and_worth_another_try() {
    let server = Server::start();
    server
        .issuer
        .answer_instead("/status-lists/0", Reply::status(503));
    let verifier = server.verifier();
    let error = verifier.verify(&server.issuer.token(1)).await.unwrap_err();
    assert_eq!(
        (&error, answer(&error)),
        (&Error::StatusUnavailable, (503, None, Some(1)))
    );
    let mut server = Server::start();
    server.kill();
    let error = server
        .verifier()
        .verify(&server.issuer.token(1))
        .await
        .unwrap_err();
    assert_eq!(
        (&error, answer(&error)),
        (&Error::KeysUnavailable, (503, None, Some(1)))
    );
}

#[tokio::test]
async fn nothing_that_is_printed_quotes_the_token() {
    let server = Server::start();
    let verifier = server.verifier();
    let token = server.issuer.token(1);
    let accepted = verifier.verify(&token).await.unwrap();
    let mut forged = token.clone();
    forged.replace_range(token.len() - 10.., "AAAAAAAAAA");
    let error = verifier.verify(&forged).await.unwrap_err();
    assert_eq!(error, Error::NotValid(VerifyError::Signature));
    let printed = format!(
        "{verifier:?} {accepted:?} {error:?} {error} {:?}",
        error.www_authenticate()
    );
    for part in token.split('.') {
        assert!(!printed.contains(part), "{printed}");
    }
}
