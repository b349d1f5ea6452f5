//! Paths and methods.

use crate::fixture::{EXCHANGE, NOBODYS, Server, TOKENS};
use ats_pat_domain::Code;

#[tokio::test]
async fn fixed_segments_match_in_any_case_and_with_one_trailing_slash() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let token = server.create(&cookie, "ci").await;
    let id = token["Token"]["Id"].as_str().unwrap();
    for path in [
        "/api/session".to_owned(),
        "/API/Session".to_owned(),
        "/Api/SESSION/".to_owned(),
        "/api/PersonalAccessToken/".to_owned(),
        "/api/personalAccessToken/Policy".to_owned(),
        format!("/api/PERSONALACCESSTOKEN/{id}/"),
        format!("/api/personalaccesstoken/{}", id.to_uppercase()),
    ] {
        assert_eq!(
            server
                .call(&format!("GET {path}"))
                .cookie(&cookie)
                .code()
                .await,
            (200, Code::Success),
            "{path}"
        );
    }
    let secret = token["Secret"].as_str().unwrap();
    for path in [
        EXCHANGE,
        "/API/PersonalAccessToken/GetAuthenticationToken/",
        "/api/personalaccesstoken/getauthenticationtoken",
    ] {
        assert_eq!(
            server
                .call(&format!("GET {path}"))
                .header("PersonalAccessToken", secret)
                .code()
                .await,
            (200, Code::Success),
            "{path}"
        );
    }
}

#[tokio::test]
async fn other_paths_are_not_found_in_an_envelope_without_a_redirect() {
    let server = Server::start().await;
    for path in [
        "/api",
        "/api/",
        "/API/nothing",
        "//api/session",
        "/api//session",
        "/api/session//",
        "/%61pi/session",
        "/api/sessio%6e",
        "/api/personalaccesstoken//revoke",
        "/api/personalaccesstoken/a/b",
        "/api/openapi.json",
    ] {
        for method in ["GET", "POST", "OPTIONS", "BREW"] {
            let answer = server.call(&format!("{method} {path}")).send().await;
            assert_eq!(
                (answer.status, answer.code()),
                (404, Code::PathNotFound),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_allowed() {
    let server = Server::start().await;
    for (line, allow) in [
        (
            "POST /api/personalaccesstoken/getAuthenticationToken".to_owned(),
            "GET",
        ),
        (
            "OPTIONS /api/personalaccesstoken/getAuthenticationToken".to_owned(),
            "GET",
        ),
        ("PUT /api/session".to_owned(), "DELETE, GET, HEAD, POST"),
        ("OPTIONS /api/session".to_owned(), "DELETE, GET, HEAD, POST"),
        (
            "DELETE /api/personalaccesstoken".to_owned(),
            "GET, HEAD, POST",
        ),
        ("POST /api/identity".to_owned(), "GET, HEAD"),
        (format!("DELETE {TOKENS}/{NOBODYS}"), "GET, HEAD, PATCH"),
        (format!("GET {TOKENS}/{NOBODYS}/revoke"), "POST"),
        (
            "PATCH /api/personalaccesstoken/POLICY/".to_owned(),
            "GET, HEAD",
        ),
    ] {
        let answer = server.call(&line).send().await;
        assert_eq!(
            (answer.status, answer.code(), answer.header("allow")),
            (405, Code::MethodNotAllowed, allow),
            "{line}"
        );
    }
    let head = server.call(&format!("HEAD {EXCHANGE}")).send().await;
    assert_eq!(
        (head.status, head.header("allow"), head.text.as_str()),
        (405, "GET", "")
    );
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for path in [
        "/api/session",
        TOKENS,
        "/api/personalaccesstoken/policy",
        "/api/identity",
    ] {
        let get = server
            .call(&format!("GET {path}"))
            .cookie(&cookie)
            .send()
            .await;
        let head = server
            .call(&format!("HEAD {path}"))
            .cookie(&cookie)
            .send()
            .await;
        assert_eq!(
            (head.status, head.text.as_str()),
            (get.status, ""),
            "{path}"
        );
        assert_eq!(
            head.header("content-length"),
            get.text.len().to_string(),
            "{path}"
        );
        assert_eq!(
            head.header("content-type"),
            get.header("content-type"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn nothing_under_api_is_cached_and_every_answer_has_an_id() {
    let server = Server::start().await;
    let mut ids = Vec::new();
    for (line, vary) in [
        ("GET /api/session", "Cookie"),
        ("GET /api/identity", "Authorization"),
        (
            "GET /api/personalaccesstoken/getAuthenticationToken",
            "personalAccessToken",
        ),
        ("GET /api/nothing", "Cookie"),
    ] {
        let answer = server
            .call(line)
            .header("X-Request-Id", "mine")
            .header("Accept", "text/html")
            .send()
            .await;
        assert_eq!(answer.header("cache-control"), "no-store", "{line}");
        assert_eq!(answer.header("vary"), vary, "{line}");
        assert_eq!(answer.header("content-type"), "application/json", "{line}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{line}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{line}");
        assert_eq!(answer.header("x-request-id").len(), 36, "{line}");
        ids.push(answer.header("x-request-id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
