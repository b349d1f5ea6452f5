//! An administrator makes an operator key, a program administers with it, and the administrator
//! revokes it.

use std::time::Duration;

use ats_pat_test_support::browser::{Browser, BrowserOptions, containing};
use ats_pat_test_support::world::PASSWORD;

use crate::look::assert_well;
use crate::person::{WITHOUT_SCRIPT, opener, sign_in};
use crate::site::Site;

const KEYS: &str = "/settings/operator-keys";

/// A browser in which an administrator looks at the keys.
async fn at_keys(options: &BrowserOptions) -> (Site, Browser) {
    let site = Site::start(|_| {}).await;
    site.add_people().await;
    let browser = Browser::open(options).await;
    browser.goto(&site.url("/settings")).await;
    sign_in(&browser, "root").await;
    browser.link("Operator keys").await.click().await;
    browser.wait_for_path(KEYS).await;
    (site, browser)
}

/// The status of what a program gets that asks for the users.
async fn users(site: &Site, key: &str) -> u16 {
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.expect("a client");
    let request = http.get(site.url("/api/administration/users"));
    let answer = request.bearer_auth(key).send().await;
    answer.expect("an answer").status().as_u16()
}

/// Fills in the form, which is saved too late, and gives the key. Accessibility is checked by
/// script.
async fn make(site: &Site, browser: &Browser, is_scripted: bool) -> String {
    opener(browser, "Add").await.click().await;
    let blade = browser.dialog("New operator key").await;
    blade.field("Name").await.type_text("Terraform").await;
    let networks = blade.field("Allowed networks (optional)").await;
    networks.type_text("127.0.0.0/8").await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("Choose at least one.").await;
    if is_scripted {
        assert_well(browser, "an operator key without rights").await;
    }
    let blade = browser.dialog("New operator key").await;
    let right = blade.of_role("checkbox", containing("See users")).await;
    assert!(right.is_focused().await);
    right.click().await;
    site.world.clock.advance(Duration::from_mins(16));
    blade.button("Save").await.click().await;
    browser.wait_for_text("Enter your password.").await;
    let blade = browser.dialog("New operator key").await;
    assert_eq!(blade.field("Name").await.value().await, "Terraform");
    let password = blade.field("Your password").await;
    assert!(password.is_focused().await);
    password.type_text(PASSWORD).await;
    blade.button("Save").await.click().await;
    let key = browser.field("Operator key").await.value().await;
    assert!(key.starts_with("atsop_"), "{key}");
    assert_eq!(users(site, &key).await, 200);
    if is_scripted {
        assert_well(browser, "a new operator key").await;
    }
    key
}

#[tokio::test]
async fn a_key_is_made_copied_and_revoked() {
    let (site, browser) = at_keys(&BrowserOptions::default()).await;
    assert_well(&browser, "no operator keys").await;
    let key = make(&site, &browser, true).await;
    browser.allow_clipboard().await;
    browser.button("Copy").await.click().await;
    browser.wait_for_text("Copied.").await;
    assert_eq!(browser.clipboard().await, key);
    browser.button("Done").await.click().await;
    browser.wait_until_gone("dialog", "New operator key").await;
    browser.wait_for_path(KEYS).await;
    assert!(!browser.source().await.contains(&key));

    // The page that made it is not the one that is loaded again.
    browser.reload().await;
    browser.wait_for_text("Terraform").await;
    browser.button("Revoke Terraform").await.click().await;
    let question = "Revoke the operator key “Terraform”?";
    let asked = browser.alert_dialog(question).await;
    assert!(asked.button("Cancel").await.is_focused().await);
    assert_well(&browser, "the question before a key is revoked").await;
    asked.button("Yes").await.click().await;
    browser.wait_for_status("is revoked").await;
    assert_eq!(users(&site, &key).await, 401);
    let complaints = browser.console().await;
    let unexpected = complaints.iter().filter(|line| !line.contains("40"));
    assert_eq!(unexpected.count(), 0, "{complaints:?}");
}

#[tokio::test]
async fn a_key_that_was_not_kept_is_asked_for_before_it_is_gone() {
    let (site, browser) = at_keys(&BrowserOptions::default()).await;
    make(&site, &browser, true).await;
    browser.button("Done").await.click().await;
    let question = browser.alert_dialog("Have you kept the key?").await;
    assert_well(&browser, "the question before a key is gone").await;
    question.button("Back to the key").await.click().await;
    browser.field("Operator key").await;
    browser.button("Done").await.click().await;
    browser.link("I have kept it").await.click().await;
    browser.wait_until_gone("dialog", "New operator key").await;
    browser.wait_for_focus(r#"button "Add""#).await;
}

#[tokio::test]
async fn the_same_works_without_script() {
    let (site, browser) = at_keys(&WITHOUT_SCRIPT).await;
    let key = make(&site, &browser, false).await;
    browser.reload().await;
    let alert = browser.alert().await;
    assert!(alert.contains("Terraform exists"), "{alert}");
    browser.link("Revoke Terraform").await.click().await;
    let question = "Revoke the operator key “Terraform”?";
    browser.heading(question).await;
    browser.link("Cancel").await.click().await;
    browser.wait_for_path(KEYS).await;
    browser.link("Revoke Terraform").await.click().await;
    browser.button("Yes").await.click().await;
    browser.wait_for_status("is revoked").await;
    assert_eq!(users(&site, &key).await, 401);
}
