//! The pages of administrators.

use ats_pat_test_support::browser::{Browser, Key};
use ats_pat_test_support::world::PASSWORD;

use super::furniture::{LATE, at_home, furnished};
use crate::site::Site;

pub async fn new_service_account(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    let form = site.url("/settings/users/new-service-account");
    browser.goto(&form).await;
}

pub async fn new_user_late(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    site.world.clock.advance(LATE);
    browser.goto(&site.url("/settings/users?add=yes")).await;
    browser.wait_for_text("You signed in more than").await;
}

pub async fn user_password(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    let path = "/settings/users/password?user=grace";
    browser.goto(&site.url(path)).await;
}

pub async fn users(browser: &Browser, site: &Site) {
    at_home(browser, site).await;
    browser.goto(&site.url("/settings/users")).await;
}

pub async fn new_user(browser: &Browser, site: &Site) {
    users(browser, site).await;
    browser.button("Add").await.click().await;
    browser.dialog("New user").await;
}

pub async fn new_user_mistake(browser: &Browser, site: &Site) {
    new_user(browser, site).await;
    let blade = browser.dialog("New user").await;
    blade.field("User name").await.type_text("grace").await;
    for field in ["Password", "Repeat the password"] {
        blade.field(field).await.type_text(PASSWORD).await;
    }
    blade.button("Save").await.click().await;
    browser.wait_for_text("There is a user").await;
}

pub async fn all_tokens(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/all-tokens")).await;
}

pub async fn policy(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/policy")).await;
}

pub async fn policy_group_mistake(browser: &Browser, site: &Site) {
    policy(browser, site).await;
    browser.button("Add a group").await.click().await;
    let group = browser.field("Group").await;
    group.type_text("builders").await;
    browser.press(Key::Enter).await;
    browser
        .wait_for_text("Write the name of the provider")
        .await;
}

pub async fn policy_question(browser: &Browser, site: &Site) {
    policy(browser, site).await;
    for (label, value) in [
        ("Longest lifetime, in days", "30"),
        ("Required networks", "192.0.2.0/24"),
    ] {
        let field = browser.field(label).await;
        field.clear().await;
        field.type_text(value).await;
    }
    let all = browser.field("Tokens with all rights").await;
    all.select("Not allowed").await;
    site.world.clock.advance(LATE);
    let lifetime = browser.field("Longest lifetime, in days").await;
    lifetime.click().await;
    browser.press(Key::Enter).await;
    browser.wait_for_text("Put this policy into force?").await;
}

pub async fn audit(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser
        .goto(&site.url("/settings/audit?kind=token.created"))
        .await;
}
