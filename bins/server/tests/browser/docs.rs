//! The page on which the interface is read and tried.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_test_support::browser::{Browser, BrowserOptions, Element, containing};
use ats_pat_test_support::world::PASSWORD;
use serde_json::Value;

use crate::look::assert_well;
use crate::person::{WITHOUT_SCRIPT, exchange, sign_in};
use crate::site::Site;

const DOCS: &str = "/docs";

/// Shows an operation's form, fills it in, sends it; gives what the page says of the answer, and
/// its body.
async fn send(browser: &Browser, summary: &str, fields: &[(&str, &str)]) -> (String, Value) {
    let operation = browser.region(summary).await;
    // Chromium gives `summary` no role to find it by.
    let script = "for (const part of document.querySelectorAll('.try')) part.open = true";
    browser.script(script, vec![]).await;
    for (name, value) in fields {
        let field = operation.field(*name).await;
        field.clear().await;
        field.type_text(value).await;
    }
    operation.button("Send").await.click().await;
    let status = browser.status().await;
    let script = "const shown = [...document.querySelectorAll('.reply:not([hidden]) .text')];
        return shown.at(-1)?.textContent ?? 'null'";
    let body = browser.script(script, vec![]).await;
    // So that the page says one thing at a time.
    let script = "for (const part of document.querySelectorAll('.try')) {
        part.querySelector('.outcome').textContent = '';
        part.querySelector('.reply').hidden = true;
    }";
    browser.script(script, vec![]).await;
    let body = serde_json::from_str(body.as_str().unwrap_or("null"));
    (status, body.expect("JSON"))
}

async fn value(field: Element<'_>) -> String {
    field.value().await
}

#[tokio::test]
async fn a_person_makes_exchanges_and_revokes_a_token_without_leaving_the_page() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    browser.link("sign in").await.click().await;
    sign_in(&browser, "ada").await;
    browser.wait_for_path(DOCS).await;
    browser.wait_for_text("You are signed in as ada").await;

    let expires = site.world.now().after(Duration::from_hours(1));
    let new = format!(r#"{{"Name": "tried", "ExpiresAt": "{expires}"}}"#);
    let (status, made) = send(
        &browser,
        "Create a personal access token",
        &[("Body", &new)],
    )
    .await;
    assert_eq!(status, "Status 201 Created");
    let secret = made["Data"]["Secret"].as_str().expect("a secret");
    assert_eq!(
        value(browser.field("Personal access token").await).await,
        secret
    );

    let what = "Exchange a personal access token for an authentication token";
    let (status, exchanged) = send(&browser, what, &[]).await;
    assert_eq!(status, "Status 200 OK");
    let bearer = value(browser.field("Authentication token").await).await;
    assert_eq!(exchanged["Data"], bearer);

    let (_, identity) = send(&browser, "Whom an authentication token speaks for", &[]).await;
    assert_eq!(identity["Data"]["UserName"], "ada");

    let query = [("PageSize", "1"), ("Search", "TRIED")];
    let (_, listed) = send(&browser, "List your personal access tokens", &query).await;
    assert_eq!(
        (&listed["Data"]["Total"], &listed["Data"]["PageSize"]),
        (&1.into(), &1.into())
    );

    let id = made["Data"]["Token"]["Id"].as_str().expect("an id");
    let (_, revoked) = send(&browser, "Revoke a personal access token", &[("Id", id)]).await;
    assert_eq!(revoked["Data"]["Status"], "Revoked");
    assert_eq!(exchange(&site, secret).await.0, 1203);
    assert_eq!(browser.console().await, [""; 0]);

    for url in browser.requests().await {
        assert!(!url.contains(secret) && !url.contains(&bearer), "{url}");
    }
    browser.goto(&site.url("/")).await;
    browser.back().await;
    assert_eq!(
        value(browser.field("Personal access token").await).await,
        ""
    );
    assert!(!browser.source().await.contains(secret));
}

#[tokio::test]
async fn what_is_filled_in_at_first_can_be_sent_as_it_stands() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    let now = browser.script("return Date.now()", vec![]).await;
    let now = Timestamp::from_millis(now.as_i64().expect("milliseconds"));
    site.world.clock.set(now);
    browser.link("sign in").await.click().await;
    sign_in(&browser, "ada").await;
    browser.wait_for_path(DOCS).await;

    let (status, made) = send(&browser, "Create a personal access token", &[]).await;
    assert_eq!(status, "Status 201 Created", "{made}");
    let expires = made["Data"]["Token"]["ExpiresAt"].as_str().expect("a time");
    let script = "return (new Date(arguments[0]) - arguments[1]) / 86_400_000";
    let days = vec![expires.into(), now.as_millis().into()];
    let days = browser.script(script, days).await.as_f64().expect("days");
    assert!((6.9..7.1).contains(&days), "{days}");
    let id = made["Data"]["Token"]["Id"].as_str().expect("an id");
    let summary = "Give a personal access token a new secret";
    let (status, regenerated) = send(&browser, summary, &[("Id", id)]).await;
    assert_eq!(status, "Status 200 OK", "{regenerated}");
}

#[tokio::test]
async fn the_page_says_who_is_signed_in_after_signing_in_and_out_on_it() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    site.world.add_user("bob").await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    browser.link("sign in").await.click().await;
    sign_in(&browser, "ada").await;
    browser.wait_for_path(DOCS).await;
    browser.wait_for_text("You are signed in as ada").await;

    let (status, _) = send(&browser, "Sign out", &[]).await;
    assert_eq!(status, "Status 200 OK");
    browser.wait_for_text("sign in first").await;
    assert!(!browser.text().await.contains("You are signed in"));
    browser
        .wait_until_gone("button", containing("User options"))
        .await;

    let bob = format!(r#"{{"UserName": "bob", "Password": "{PASSWORD}"}}"#);
    send(&browser, "Sign in", &[("Body", &bob)]).await;
    browser.wait_for_text("You are signed in as bob").await;
    site.world.clock.advance(Duration::from_hours(24 * 365));
    let (status, _) = send(&browser, "List your personal access tokens", &[]).await;
    assert_eq!(status, "Status 401 Unauthorized");
    browser.wait_for_text("sign in first").await;
}

#[tokio::test]
async fn what_the_metadata_names_as_documentation_tells_of_its_endpoints() {
    let site = Site::start(|_| {}).await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    let script =
        "return fetch('/.well-known/oauth-authorization-server').then((answer) => answer.json())";
    let metadata = browser.script(script, vec![]).await;
    let documentation = metadata["service_documentation"].as_str().expect("a URL");
    browser.goto(documentation).await;
    browser.link("Standard endpoints").await.click().await;
    browser.wait_for_path("/docs#oauth").await;
    let text = browser.text().await;
    for name in [
        "token_endpoint",
        "introspection_endpoint",
        "revocation_endpoint",
    ] {
        let endpoint = metadata[name].as_str().expect("a URL");
        let path = endpoint.strip_prefix(&site.url("")).expect("at the issuer");
        assert!(text.contains(&format!("POST {path}")), "{path}");
    }
}

#[tokio::test]
async fn a_refusal_is_shown_as_it_is() {
    let site = Site::start(|_| {}).await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    let nobody = format!(r#"{{"UserName": "nobody", "Password": "{PASSWORD}"}}"#);
    let (status, refused) = send(&browser, "Sign in", &[("Body", &nobody)]).await;
    assert_eq!(status, "Status 401 Unauthorized");
    assert_eq!(refused["ResponseCode"], 1101);
}

#[tokio::test]
async fn an_administrator_tries_an_operation_on_the_page_of_administrators() {
    let site = Site::start(|_| {}).await;
    site.add_people().await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    browser
        .link("Operations for administrators")
        .await
        .click()
        .await;
    browser.wait_for_path("/docs/administration").await;
    browser.link("sign in").await.click().await;
    sign_in(&browser, "root").await;
    browser.wait_for_path("/docs/administration").await;
    let (status, shown) = send(&browser, "Get the policy of everybody", &[]).await;
    assert_eq!(status, "Status 200 OK", "{shown}");
    assert_eq!(shown["Data"]["MayCreate"], "Everyone", "{shown}");
    browser.link("Interface for programs").await.click().await;
    browser.wait_for_path(DOCS).await;
    assert_eq!(browser.console().await, [""; 0]);
}

#[tokio::test]
async fn an_answer_is_as_accessible_as_the_page() {
    let site = Site::start(|_| {}).await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url(DOCS)).await;
    let script = "for (const part of document.querySelectorAll('main details')) part.open = true";
    browser.script(script, vec![]).await;
    browser
        .region("Who is signed in")
        .await
        .button("Send")
        .await
        .click()
        .await;
    browser.wait_for_text("Status 401 Unauthorized").await;
    assert_well(&browser, DOCS).await;
}

#[tokio::test]
async fn without_script_the_page_can_be_read() {
    let site = Site::start(|_| {}).await;
    let browser = Browser::open(&WITHOUT_SCRIPT).await;
    browser.goto(&site.url(DOCS)).await;
    let exchange = "Exchange a personal access token for an authentication token";
    browser.link(exchange).await.click().await;
    browser.wait_for_path("/docs#getAuthenticationToken").await;
    browser.heading(exchange).await;
    assert_eq!(browser.names("button").await, [""; 0]);
}
