//! Method, size, cross-site, credential, content type, syntax: the first that fails answers.

use super::{FORM, INTROSPECT, REVOKE, TOKEN, post, secret, server};

#[tokio::test]
async fn refusals_come_in_the_order_of_the_api_and_in_the_standards_form() {
    let server = server().await;
    for path in [TOKEN, INTROSPECT, REVOKE] {
        let large = "token=".to_owned() + &"x".repeat(70_000);
        for (line, site, kind, body, status) in [
            ("GET", "cross-site", "text/plain", "", 405),
            ("HEAD", "", "", "", 405),
            ("OPTIONS", "", "", "", 405),
            ("PUT", "", FORM, "token=x", 405),
            ("POST", "cross-site", "text/plain", &large, 413),
            ("POST", "cross-site", "text/plain", "{}", 403),
            ("POST", "same-site", FORM, "token=x", 403),
            (
                "POST",
                "",
                "text/plain",
                "a=%",
                if path == INTROSPECT { 401 } else { 415 },
            ),
            (
                "POST",
                "",
                "",
                "token=x",
                if path == INTROSPECT { 401 } else { 415 },
            ),
            (
                "POST",
                "same-origin",
                FORM,
                "a=%",
                if path == INTROSPECT { 401 } else { 400 },
            ),
        ] {
            let call = server
                .call(&format!("{line} {path}"))
                .body(kind, body.to_owned());
            let call = if site.is_empty() {
                call
            } else {
                call.header("Sec-Fetch-Site", site)
            };
            let answer = call.send().await;
            let at = format!("{line} {path} {site} {kind}");
            assert_eq!(answer.status, status, "{at}: {}", answer.text);
            assert_eq!(answer.header("content-type"), "application/json", "{at}");
            assert_eq!(answer.header("cache-control"), "no-store", "{at}");
            assert_eq!(answer.header("access-control-allow-origin"), "", "{at}");
            assert_eq!(answer.header("x-request-id").len(), 36, "{at}");
            if line != "HEAD" && status != 401 {
                assert_eq!(answer.json()["error"], "invalid_request", "{at}");
            }
            if status == 405 {
                assert_eq!(answer.header("allow"), "POST", "{at}");
            }
        }
    }
}

#[tokio::test]
async fn other_sites_revoke_nothing() {
    let server = server().await;
    let cookie = server.sign_in("ada").await;
    let secret = secret(&server, &cookie, "ci", &["all"]).await;
    let form = [("token", secret.as_str())];
    for origin in ["https://evil.example", "null"] {
        let call = post(&server, REVOKE, &form).header("Origin", origin);
        assert_eq!(call.send().await.status, 403, "{origin}");
    }
    assert!(!super::bearer(&server, &secret).await.is_empty());
}

#[tokio::test]
async fn paths_are_exact() {
    let server = server().await;
    for path in [
        "/oauth2",
        "/oauth2/",
        "/oauth2/token/",
        "/OAuth2/token",
        "//oauth2/token",
        "/oauth2/tok%65n",
    ] {
        assert_eq!(post(&server, path, &[]).send().await.status, 404, "{path}");
    }
}
