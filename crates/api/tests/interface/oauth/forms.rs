//! Hostile forms.

use super::{FORM, REVOKE, TOKEN, bearer, exchange, form, post, secret, server};

#[tokio::test]
async fn broken_and_ambiguous_forms_are_refused_before_any_lookup() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let secret = secret(&server, &cookie, "ci", &["all"]).await;
    let good = form(&exchange(&secret, &[]));
    let many: Vec<_> = (0..5000).map(|number| format!("&p{number}=1")).collect();
    let many = many.concat();
    for tail in [
        "&scope=%",
        "&scope=%4",
        "&scope=%zz",
        "&scope=%ff",
        "&scope=orders%00",
        "&scope=orders:read%0d%0a",
        "&%00=x",
        "&grant_type=password",
        "&gr%61nt_type=x",
        "&subject_token=x",
        "&subject_token=",
        "&unknown=1&unknown=2",
        many.as_str(),
    ] {
        let body = good.clone() + tail;
        let answer = server
            .call(&format!("POST {TOKEN}"))
            .body(FORM, body)
            .send()
            .await;
        let error = &answer.json()["error"];
        assert_eq!(
            (answer.status, error.as_str()),
            (400, Some("invalid_request")),
            "{tail:.40}"
        );
    }
    let mut bytes = good.clone().into_bytes();
    bytes.extend(b"&scope=\xff");
    let answer = server
        .call(&format!("POST {TOKEN}"))
        .body(FORM, bytes)
        .send()
        .await;
    assert_eq!(
        (answer.status, &answer.json()["error"]),
        (400, &"invalid_request".into())
    );
    let largest = good.clone() + "&x=" + &"x".repeat(65_536 - good.len() - 3);
    for (body, status) in [(largest.clone(), 200), (largest + "x", 413)] {
        let answer = server
            .call(&format!("POST {TOKEN}"))
            .body(FORM, body)
            .send()
            .await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }
}

#[tokio::test]
async fn a_parameter_in_the_query_does_not_count() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let secret = secret(&server, &cookie, "ci", &["all"]).await;
    let path = format!("{REVOKE}?token={secret}");
    assert_eq!(post(&server, &path, &[]).send().await.status, 400);
    assert!(!bearer(&server, &secret).await.is_empty());
}

#[tokio::test]
async fn descriptions_are_plain_and_repeat_nothing_that_was_sent() {
    let server = server().await;
    let canary = "atspat_\"canary\\<é>";
    for pairs in [
        &exchange(canary, &[])[..],
        &exchange("x", &[("scope", canary)]),
        &exchange("x", &[("audience", canary)]),
        &exchange("x", &[("resource", canary)]),
        &exchange("x", &[("requested_token_type", canary)]),
        &exchange("x", &[("expires_in", canary)]),
        &[("grant_type", canary)],
        &[(canary, "1"), (canary, "2")],
    ] {
        let answer = post(&server, TOKEN, pairs).send().await;
        let body = answer.json();
        let description = body["error_description"].as_str().unwrap();
        assert!(
            answer.status == 400 && !answer.text.contains("canary"),
            "{}",
            answer.text
        );
        // RFC 6749, section 5.2.
        let is_allowed = |c| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
        assert!(description.chars().all(is_allowed), "{description}");
    }
}
