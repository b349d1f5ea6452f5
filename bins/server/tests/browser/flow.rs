//! The way that people know from ATS products, word for word.

use std::time::Duration;

use ats_pat_test_support::browser::{Browser, BrowserOptions, containing};

use crate::person::{TOKENS, ada, add, choose, close, exchange, identity, sign_in};
use crate::site::Site;

#[tokio::test]
async fn from_signing_in_to_the_token_in_a_script() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url("/")).await;
    browser.wait_for_path("/signin").await;
    sign_in(&browser, "ada").await;
    browser.wait_for_path("/").await;

    let options = browser.button(containing("User options")).await;
    assert!(options.text().await.contains("ada"));
    options.click().await;
    browser.button("Sign out").await;
    browser.link("Settings").await.click().await;
    browser.wait_for_path(TOKENS).await;
    let entry = browser.link("Personal Access Token").await;
    assert_eq!(
        entry.attribute("aria-current").await.as_deref(),
        Some("page")
    );

    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    assert!(blade.field("Token name").await.is_focused().await);
    let expiration = blade.field("Expiration").await;
    assert_eq!(expiration.value().await, "30");
    assert!(
        expiration
            .text()
            .await
            .contains("30 days – Thursday, 24 December 2026")
            || expiration
                .text()
                .await
                .contains("30 days – Thursday 24 December 2026")
    );
    blade.button("Cancel").await;
    blade
        .field("Token name")
        .await
        .type_text("nightly build")
        .await;
    blade.button("Save").await.click().await;

    // First what only the answer has: the form is a dialog of this name, too.
    let field = browser.field("Personal access token").await;
    let blade = browser.dialog("New token").await;
    let shown = field.value().await;
    assert_eq!(field.property("readOnly").await.as_deref(), Some("true"));
    assert!(blade.text().await.contains("not be shown again"));
    assert!(
        blade
            .text()
            .await
            .contains(&site.url("/api/personalaccesstoken/getAuthenticationToken"))
    );
    browser.allow_clipboard().await;
    blade.button("Copy").await.click().await;
    browser.wait_for_text("Copied.").await;
    let copied = browser.clipboard().await;
    assert_eq!(copied, shown);
    // What was copied may go without being asked for.
    blade.button("Done").await.click().await;
    browser.wait_until_gone("dialog", "New token").await;

    let (code, bearer) = exchange(&site, &copied).await;
    assert_eq!(code, 1);
    let who = identity(&site, bearer.as_str().expect("a token")).await;
    assert_eq!(who["Data"]["UserName"], "ada");
    assert_eq!(browser.console().await, [""; 0]);
}

#[tokio::test]
async fn add_stands_at_the_top_right_of_the_table() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    add(&browser, "ci").await;
    close(&browser).await;
    let script = "const [add, table] = ['#add', 'table'].map((it) => document.querySelector(it).getBoundingClientRect());
        return add.bottom <= table.top && Math.abs(add.right - table.right) < 2";
    for width in [1280, 3840] {
        browser.set_size(width, 900).await;
        assert_eq!(browser.script(script, vec![]).await, true, "{width}");
    }
}

#[tokio::test]
async fn revoking_asks_and_says_that_it_is_done() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    let secret = add(&browser, "nightly build").await;
    close(&browser).await;

    choose(&browser, "nightly build", "Revoke").await;
    let question = browser
        .alert_dialog(containing("Revoke “nightly build”"))
        .await;
    assert!(question.text().await.contains("refused at once"));
    assert!(question.button("Cancel").await.is_focused().await);
    question.button("Cancel").await.click().await;
    browser
        .wait_for_focus(r#"button "Actions for nightly build""#)
        .await;
    assert_eq!(exchange(&site, &secret).await.0, 1);

    choose(&browser, "nightly build", "Revoke").await;
    browser.button("Yes").await.click().await;
    assert!(
        browser
            .status()
            .await
            .contains("“nightly build” is revoked")
    );
    browser.wait_for_text("Revoked").await;
    assert_eq!(exchange(&site, &secret).await.0, 1203);
    browser
        .button("Actions for nightly build")
        .await
        .click()
        .await;
    assert!(
        !browser
            .names("button")
            .await
            .contains(&"Regenerate".to_owned())
    );
}

#[tokio::test]
async fn regenerating_asks_and_shows_the_new_token() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    let old = add(&browser, "nightly build").await;
    close(&browser).await;
    choose(&browser, "nightly build", "Regenerate").await;
    browser.button("Yes").await.click().await;
    let blade = browser.dialog("New token").await;
    let new = blade.field("Personal access token").await.value().await;
    assert_ne!(new, old);
    assert_eq!(exchange(&site, &old).await.0, 1201);
    assert_eq!(exchange(&site, &new).await.0, 1);
    close(&browser).await;
    browser
        .wait_for_focus(r#"button "Actions for nightly build""#)
        .await;
    browser.link("nightly build").await.click().await;
    browser.heading("nightly build").await;
    browser.wait_for_text("Regenerated").await;
}

#[tokio::test]
async fn each_row_asks_about_its_own_token_and_offers_an_overlap() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    let mut secrets = Vec::new();
    for name in ["alpha", "beta"] {
        secrets.push(add(&browser, name).await);
        close(&browser).await;
        site.world.clock.advance(Duration::from_secs(1));
    }
    choose(&browser, "beta", "Regenerate").await;
    let current = browser.field("The current token").await;
    current.select("works for 1 hour more").await;
    browser.button("Cancel").await.click().await;
    browser.wait_for_focus(r#"button "Actions for beta""#).await;

    choose(&browser, "alpha", "Regenerate").await;
    let question = browser.alert_dialog("Regenerate “alpha”?").await;
    let current = question.field("The current token").await;
    assert_eq!(current.value().await, "0", "chosen for another token");
    current.select("works for 7 days more").await;
    let expiration = question.field("The new token expires").await;
    expiration
        .select("after 90 days: Monday, 22 February 2027")
        .await;
    question.button("Yes").await.click().await;
    browser.wait_for_text("Monday, 22 February 2027").await;
    let new = browser.field("Personal access token").await.value().await;
    close(&browser).await;
    browser
        .wait_for_focus(r#"button "Actions for alpha""#)
        .await;
    browser
        .wait_for_text("The old token works until 1 Dec 2026")
        .await;
    for secret in [&secrets[0], &secrets[1], &new] {
        assert_eq!(exchange(&site, secret).await.0, 1);
    }
}

#[tokio::test]
async fn a_view_is_kept_in_the_address_and_back_leads_to_the_one_before() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    for name in ["alpha", "beta"] {
        add(&browser, name).await;
        close(&browser).await;
        site.world.clock.advance(Duration::from_secs(1));
    }
    browser.field("Search").await.type_text("ALP").await;
    browser.button("Apply").await.click().await;
    browser
        .wait_for_path(&format!("{TOKENS}?search=ALP&status=&sort=-CreatedAt"))
        .await;
    assert_eq!(browser.names("rowheader").await, ["alpha"]);
    browser.link("Name").await.click().await;
    browser
        .wait_for_path(&format!("{TOKENS}?search=ALP&sort=Name"))
        .await;
    browser.back().await;
    assert_eq!(browser.field("Search").await.value().await, "ALP");
    browser.back().await;
    browser.wait_for_path(TOKENS).await;
    assert_eq!(browser.names("rowheader").await, ["beta", "alpha"]);
}

#[tokio::test]
async fn a_link_fills_in_the_form_and_leaves_the_rest_to_the_person() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser
        .goto(&site.url(&format!("{TOKENS}/new?name=nightly+build&days=90")))
        .await;
    sign_in(&browser, "ada").await;
    let blade = browser.dialog("New token").await;
    assert!(blade.text().await.contains("filled in by a link"));
    assert_eq!(
        blade.field("Token name").await.value().await,
        "nightly build"
    );
    assert_eq!(blade.field("Expiration").await.value().await, "90");
    blade.button("Cancel").await.click().await;
    browser.wait_for_path(TOKENS).await;
    browser.wait_for_text("No tokens yet").await;
}
