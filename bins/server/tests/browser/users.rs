//! An administrator changes a user, revokes the user's tokens, and erases the user.

use std::time::Duration;

use ats_pat_test_support::browser::{Browser, BrowserOptions};
use ats_pat_test_support::world::{DAY, PASSWORD};
use secrecy::ExposeSecret as _;

use crate::look::assert_well;
use crate::person::{WITHOUT_SCRIPT, exchange, opener, sign_in};
use crate::site::Site;

const USERS: &str = "/settings/users";

/// A browser in which an administrator looks at the users.
async fn at_users(options: &BrowserOptions) -> (Site, Browser) {
    let site = Site::start(|_| {}).await;
    site.add_people().await;
    let browser = Browser::open(options).await;
    browser.goto(&site.url("/settings")).await;
    sign_in(&browser, "root").await;
    browser.link("Users").await.click().await;
    browser.wait_for_path(USERS).await;
    (site, browser)
}

/// Chooses from the menu of a user's row.
async fn choose(browser: &Browser, name: &str, entry: &'static str) {
    let actions = format!("Actions for {name}");
    browser.button(actions.as_str()).await.click().await;
    opener(browser, entry).await.click().await;
}

/// Renames ada, revokes her tokens, and erases her.
async fn change_and_erase(options: &BrowserOptions) {
    let (site, browser) = at_users(options).await;
    let by = site.world.sign_in("ada").await;
    let issued = site.world.create(&by, "ci", DAY).await.expect("a token");
    let secret = issued.secret.expose_secret();

    choose(&browser, "ada", "Edit").await;
    let blade = browser.dialog("Edit ada").await;
    let name = blade.field("User name").await;
    assert!(name.is_focused().await);
    name.clear().await;
    name.type_text("ada.l").await;
    let email = blade.field("E-mail address (optional)").await;
    email.type_text("home").await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("Enter an address such as").await;
    let blade = browser.dialog("Edit ada").await;
    let email = blade.field("E-mail address (optional)").await;
    assert!(email.is_focused().await);
    email.clear().await;
    email.type_text("ada@example.com").await;
    blade.button("Save").await.click().await;
    browser.wait_for_status("ada.l is saved.").await;
    browser.wait_for_path(USERS).await;
    browser.wait_for_text("ada@example.com").await;

    choose(&browser, "ada.l", "Revoke all tokens").await;
    if options.script {
        let question = browser.alert_dialog("Revoke all tokens of ada.l?").await;
        assert!(question.button("Cancel").await.is_focused().await);
    } else {
        browser.heading("Revoke all tokens of ada.l?").await;
    }
    browser.button("Yes").await.click().await;
    browser.wait_for_status("All tokens of ada.l").await;
    assert_eq!(exchange(&site, secret).await.0, 1203);

    site.world.clock.advance(Duration::from_mins(16));
    choose(&browser, "ada.l", "Erase").await;
    browser.heading("Erase ada.l?").await;
    browser.link("Cancel").await.click().await;
    browser.wait_for_path(USERS).await;
    choose(&browser, "ada.l", "Erase").await;
    browser.heading("Erase ada.l?").await;
    browser.wait_for_text("The events stay").await;
    let password = browser.field("Your password").await;
    password.type_text(PASSWORD).await;
    browser.button("Yes").await.click().await;
    browser.wait_for_status("The user is erased.").await;
    assert!(!browser.text().await.contains("ada@example.com"));
    browser.wait_for_text("Erased").await;
}

#[tokio::test]
async fn a_user_is_changed_and_erased() {
    change_and_erase(&BrowserOptions::default()).await;
}

#[tokio::test]
async fn the_same_works_without_script() {
    change_and_erase(&WITHOUT_SCRIPT).await;
}

#[tokio::test]
async fn the_forms_and_questions_about_a_user_are_accessible() {
    let (site, browser) = at_users(&BrowserOptions::default()).await;
    choose(&browser, "ada", "Edit").await;
    let blade = browser.dialog("Edit ada").await;
    assert_well(&browser, "edit a user").await;
    site.world.clock.advance(Duration::from_mins(16));
    blade.button("Save").await.click().await;
    browser.wait_for_text("Enter your password.").await;
    assert_well(&browser, "edit a user too late").await;
    let blade = browser.dialog("Edit ada").await;
    blade.button("Cancel").await.click().await;
    browser.wait_for_focus(r#"button "Actions for ada""#).await;
    browser.wait_for_path(USERS).await;
    choose(&browser, "ada", "Erase").await;
    browser.heading("Erase ada?").await;
    assert_well(&browser, "erase a user").await;
    browser.link("Cancel").await.click().await;
    for entry in ["Revoke all tokens", "Disable"] {
        browser.wait_for_path(USERS).await;
        choose(&browser, "ada", entry).await;
        let cancel = browser.button("Cancel").await;
        assert_well(&browser, entry).await;
        cancel.click().await;
    }
    // A question is about the row that asks.
    choose(&browser, "eve", "Enable").await;
    browser.alert_dialog("Enable eve?").await;
    browser.button("Yes").await.click().await;
    browser.wait_for_status("eve is enabled.").await;
}
