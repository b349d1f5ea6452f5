//! The cross-site rule on every route that changes something.

use ats_pat_domain::Code;
use ats_pat_test_support::world::ISSUER;

use crate::fixture::{NOBODYS, Server, TOKENS};

#[tokio::test]
async fn other_sites_change_nothing_and_may_not_even_sign_in() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for line in [
        "POST /api/session".to_owned(),
        "DELETE /api/session".to_owned(),
        "POST /api/session/confirm".to_owned(),
        format!("POST {TOKENS}"),
        format!("POST {TOKENS}/{NOBODYS}/revoke"),
        format!("POST {TOKENS}/{NOBODYS}/regenerate"),
        format!("POST {TOKENS}/{NOBODYS}/endOverlap"),
        format!("PATCH {TOKENS}/{NOBODYS}"),
    ] {
        for (name, value) in [
            ("Origin", "https://evil.example"),
            ("Origin", "null"),
            ("Origin", "http://pat.example.com"),
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
        ] {
            let answer = server
                .call(&line)
                .cookie(&cookie)
                .header(name, value)
                .code()
                .await;
            assert_eq!(
                answer,
                (403, Code::CrossSiteRequest),
                "{line} {name}: {value}"
            );
        }
        for (name, value) in [
            ("Origin", ISSUER),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-Site", "none"),
        ] {
            let (_, code) = server.call(&line).header(name, value).code().await;
            assert_ne!(code, Code::CrossSiteRequest, "{line} {name}: {value}");
        }
    }
    assert_eq!(
        server
            .call("GET /api/session")
            .cookie(&cookie)
            .header("Origin", "null")
            .code()
            .await,
        (200, Code::Success)
    );
}
