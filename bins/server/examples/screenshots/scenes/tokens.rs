//! Tokens, of a person and of a service account.

use ats_pat_test_support::browser::Browser;

use super::furniture::{LATE, LINE, at_home, furnished};
use crate::person::{TOKENS, add, choose};
use crate::site::Site;

pub async fn tokens_empty(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url(TOKENS)).await;
}

pub async fn tokens(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
}

pub async fn token_actions(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser
        .button("Actions for Nightly build")
        .await
        .click()
        .await;
    browser.button("Revoke").await;
}

pub async fn new_token(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade
        .field("Token name")
        .await
        .type_text("Backup of the archive")
        .await;
    browser
        .script("document.querySelector('.restrict').open = true", vec![])
        .await;
    browser.radio("Only these scopes").await.click().await;
}

pub async fn new_token_renewal(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    let name = blade.field("Token name").await;
    name.type_text("Release pipeline").await;
    let open = "document.querySelectorAll('.restrict')[1].open = true";
    browser.script(open, vec![]).await;
}

/// The form was open for too long: it asks for the password, and has all that was typed.
pub async fn new_token_late(browser: &Browser, site: &Site) {
    new_token(browser, site).await;
    site.world.clock.advance(LATE);
    let blade = browser.dialog("New token").await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("Enter your password.").await;
}

pub async fn new_token_mistake(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade
        .field("Token name")
        .await
        .type_text("nightly BUILD")
        .await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("choose another name").await;
}

pub async fn issued(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    add(browser, "Backup of the archive").await;
}

pub async fn issued_question(browser: &Browser, site: &Site) {
    issued(browser, site).await;
    browser.button("Done").await.click().await;
    browser.alert_dialog("Have you kept the token?").await;
}

pub async fn regenerate(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    choose(browser, LINE, "Regenerate").await;
}

pub async fn revoke(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    choose(browser, LINE, "Revoke").await;
}

pub async fn revoked(browser: &Browser, site: &Site) {
    revoke(browser, site).await;
    browser.button("Yes").await.click().await;
    browser.status().await;
}

pub async fn token_details(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.link("Deploy pipeline").await.click().await;
    browser.heading("Deploy pipeline").await;
}

pub async fn regenerate_late(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    site.world.clock.advance(LATE);
    browser.reload().await;
    choose(browser, LINE, "Regenerate").await;
}

pub async fn token_regenerate(browser: &Browser, site: &Site) {
    token_details(browser, site).await;
    let open = "document.querySelector('details[name=act]').open = true";
    browser.script(open, vec![]).await;
}

pub async fn ended_token_used(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.link("Old laptop").await.click().await;
    browser.heading("Old laptop").await;
}

pub async fn token_edit(browser: &Browser, site: &Site) {
    token_details(browser, site).await;
    browser.link("Edit").await.click().await;
    browser.heading("Edit Deploy pipeline").await;
}

pub async fn token_edit_mistake(browser: &Browser, site: &Site) {
    token_edit(browser, site).await;
    let name = browser.field("Token name").await;
    name.clear().await;
    name.type_text("nightly BUILD").await;
    browser.button("Save").await.click().await;
    browser.wait_for_text("choose another name").await;
}

pub async fn service_accounts(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.link("Service accounts").await.click().await;
    browser.heading("Service accounts").await;
}

pub async fn service_account_tokens(browser: &Browser, site: &Site) {
    service_accounts(browser, site).await;
    browser.link("deploy").await.click().await;
    browser.heading("Tokens of deploy").await;
}
