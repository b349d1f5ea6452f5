//! Lists and their queries.

use crate::fixture::{Server, TOKENS};
use ats_pat_domain::Code;

#[tokio::test]
async fn a_query_is_read_whole_and_every_failure_is_named() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for (query, parameters) in [
        ("Page=0", "Page, out_of_range"),
        ("PageSize=101", "PageSize, out_of_range"),
        (
            "pagesize=many&Page=1.5",
            "Page, not_a_number, PageSize, not_a_number",
        ),
        (
            "Status=active&Sort=Owner",
            "Status, unknown_value, Sort, unknown_value",
        ),
        ("Page=1&page=2", "Page, repeated"),
    ] {
        let answer = server
            .call(&format!("GET {TOKENS}?{query}"))
            .cookie(&cookie)
            .send()
            .await;
        assert_eq!(
            (answer.status, answer.code(), answer.parameters().as_str()),
            (400, Code::ValidationFailed, parameters),
            "{query}"
        );
    }
}

#[tokio::test]
async fn names_fold_values_search_and_pages_end() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    for name in ["Straße", "build", "deploy"] {
        server.create(&cookie, name).await;
    }
    for (query, names, total) in [
        ("sort=Name", vec!["build", "deploy", "Straße"], 3),
        ("SORT=-Name&PAGESIZE=2", vec!["Straße", "deploy"], 3),
        ("Sort=Name&PageSize=2&Page=2", vec!["Straße"], 3),
        ("Page=99", vec![], 3),
        ("search=STRASSE", vec!["Straße"], 1),
        ("Search=%25", vec![], 0),
        ("Status=Revoked", vec![], 0),
        (
            "Status=&Search=&Sort=Name&Owner=nobody",
            vec!["build", "deploy", "Straße"],
            3,
        ),
    ] {
        let answer = server
            .call(&format!("GET {TOKENS}?{query}"))
            .cookie(&cookie)
            .send()
            .await
            .json();
        let found: Vec<&str> = answer["Data"]["Items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token["Name"].as_str().unwrap())
            .collect();
        assert_eq!(
            (found, answer["Data"]["Total"].as_u64()),
            (names, Some(total)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_default_is_the_first_25() {
    let server = Server::start().await;
    let cookie = server.sign_in("ada").await;
    let answer = server
        .call(&format!("GET {TOKENS}"))
        .cookie(&cookie)
        .send()
        .await
        .json();
    assert_eq!(
        (&answer["Data"]["Page"], &answer["Data"]["PageSize"]),
        (&1.into(), &25.into())
    );
}
