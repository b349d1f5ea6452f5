//! The tokens of a service account, beside one's own.

use ats_pat_test_support::browser::{BrowserOptions, containing};

use crate::person::{WITHOUT_SCRIPT, ada, exchange, identity, opener};
use crate::site::Site;

/// From the navigation to a token of the account, which is the account's.
async fn to_a_token(options: &BrowserOptions) {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, options).await;
    let account = site.world.add_service_account("deploy", "ada").await.id;
    browser.goto(&site.url("/settings")).await;
    browser.link("Service accounts").await.click().await;
    browser.wait_for_path("/settings/service-accounts").await;
    browser.link("deploy").await.click().await;
    let tokens = format!("/settings/service-accounts/{account}/tokens");
    browser.wait_for_path(&tokens).await;
    browser.wait_for_text("Tokens of deploy").await;
    let entry = browser.link("Service accounts").await;
    assert_eq!(
        entry.attribute("aria-current").await.as_deref(),
        Some("page")
    );

    opener(&browser, "Add").await.click().await;
    let blade = browser.dialog("New token of deploy").await;
    blade.field("Token name").await.type_text("nightly").await;
    blade.button("Save").await.click().await;
    let secret = browser.field("Personal access token").await.value().await;
    let (code, bearer) = exchange(&site, &secret).await;
    assert_eq!(code, 1);
    let who = identity(&site, bearer.as_str().expect("a token")).await;
    assert_eq!(who["Data"]["UserName"], "deploy");

    browser.goto(&site.url(&tokens)).await;
    browser.link("nightly").await.click().await;
    browser.wait_for_text("Owner").await;
    browser.link(containing("Edit")).await.click().await;
    browser
        .field("Description (optional)")
        .await
        .type_text("builds")
        .await;
    browser.button("Save").await.click().await;
    browser.wait_for_text("builds").await;
    browser.link("Back to the list").await.click().await;
    browser.wait_for_path(&tokens).await;
    assert_eq!(browser.console().await, [""; 0]);
}

#[tokio::test]
async fn a_person_makes_and_edits_a_token_of_their_service_account() {
    to_a_token(&BrowserOptions::default()).await;
}

#[tokio::test]
async fn the_same_works_without_script() {
    to_a_token(&WITHOUT_SCRIPT).await;
}
