//! The pages of administrators.

use std::time::Duration;

use ats_pat_service::NewOperatorKey;
use ats_pat_test_support::browser::{Browser, Key, containing};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD};
use secrecy::ExposeSecret;

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

pub async fn user_edit(browser: &Browser, site: &Site) {
    users(browser, site).await;
    browser.button("Actions for grace").await.click().await;
    browser.link("Edit").await.click().await;
    browser.dialog("Edit grace").await;
}

pub async fn user_erase(browser: &Browser, site: &Site) {
    users(browser, site).await;
    site.world.clock.advance(LATE);
    browser.button("Actions for grace").await.click().await;
    browser.link("Erase").await.click().await;
    browser.heading("Erase grace?").await;
}

pub async fn all_tokens(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    browser.goto(&site.url("/settings/all-tokens")).await;
}

pub async fn all_tokens_filtered(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    let filter = "/settings/all-tokens?expires_before=2099-01-01";
    browser.goto(&site.url(filter)).await;
}

pub async fn all_tokens_found(browser: &Browser, site: &Site) {
    all_tokens_filtered(browser, site).await;
    browser
        .link("Revoke all active tokens found")
        .await
        .click()
        .await;
    browser.wait_for_text("The filter").await;
}

pub async fn revocation_of_many(browser: &Browser, site: &Site) {
    all_tokens_found(browser, site).await;
    browser.button("Yes").await.click().await;
    browser.heading("Revoking tokens").await;
}

/// Keys of administrators and of the command line, one that ended, one in use.
pub async fn operator_keys(browser: &Browser, site: &Site) {
    furnished(browser, site).await;
    let now = site.world.now();
    for (name, rights, days, network, ago) in [
        ("Old backup", &["audit"][..], 30, None, 60),
        (
            "Terraform",
            &["users", "service-tokens"],
            90,
            Some("10.4.0.0/16"),
            20,
        ),
        ("SIEM", &["audit"], 366, Some("192.0.2.7"), 3),
        ("Night shift", &["users", "tokens", "keys"], 7, None, 1),
    ] {
        site.world.clock.set(now.before(DAY * ago));
        let new = NewOperatorKey {
            name: Some(name.to_owned()),
            rights: rights.iter().map(ToString::to_string).collect(),
            expires_at: Some(site.world.now().after(DAY * days).to_string()),
            allowed_networks: network.map(|network| vec![network.to_owned()]),
        };
        let by = site.world.sign_in("ada").await;
        let service = &site.world.service;
        let operator = if name == "Old backup" {
            service.operator()
        } else {
            service.administrator(&by).expect("an administrator")
        };
        let issued = operator.create_operator_key(new).await;
        let issued = issued.expect("the key is made");
        if name == "SIEM" {
            let secret = issued.secret.expose_secret().as_bytes();
            site.world.clock.set(now.before(Duration::from_mins(3)));
            let found = service.authenticate_operator_key(secret, ADDRESS).await;
            found.expect("it works");
        }
    }
    site.world.clock.set(now);
    browser.goto(&site.url("/settings/operator-keys")).await;
}

pub async fn new_operator_key(browser: &Browser, site: &Site) {
    operator_keys(browser, site).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New operator key").await;
    blade.field("Name").await.type_text("Provisioning").await;
    let right = blade.of_role("checkbox", containing("See users")).await;
    right.click().await;
}

pub async fn new_operator_key_mistake(browser: &Browser, site: &Site) {
    new_operator_key(browser, site).await;
    let blade = browser.dialog("New operator key").await;
    let right = blade.of_role("checkbox", containing("See users")).await;
    right.click().await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("Choose at least one.").await;
}

pub async fn operator_key_issued(browser: &Browser, site: &Site) {
    new_operator_key(browser, site).await;
    let blade = browser.dialog("New operator key").await;
    blade.button("Save").await.click().await;
    browser.field("Operator key").await;
}

pub async fn operator_key_revoke(browser: &Browser, site: &Site) {
    operator_keys(browser, site).await;
    browser.button("Revoke Terraform").await.click().await;
    browser.alert_dialog(containing("Terraform")).await;
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
