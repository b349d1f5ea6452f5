//! Every step but copying works without script.

use ats_pat_test_support::browser::{Browser, containing};

use crate::person::{
    TOKENS, WITHOUT_SCRIPT, act_on_page, act_without_script, ada, add, close_without_script,
    exchange, sign_in,
};
use crate::site::Site;

#[tokio::test]
async fn the_whole_way_by_forms() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&WITHOUT_SCRIPT).await;
    browser.goto(&site.url("/")).await;
    sign_in(&browser, "ada").await;
    browser
        .button(containing("User options"))
        .await
        .click()
        .await;
    browser.link("Settings").await.click().await;
    browser.wait_for_path(TOKENS).await;
    let first = add(&browser, "nightly build").await;
    assert_eq!(exchange(&site, &first).await.0, 1);
    assert!(
        !browser.names("button").await.contains(&"Copy".to_owned()),
        "it could do nothing"
    );
    close_without_script(&browser).await;

    act_without_script(&browser, "nightly build", "Regenerate").await;
    let second = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &second).await.0, 1);
    assert_eq!(exchange(&site, &first).await.0, 1201);
    close_without_script(&browser).await;

    act_without_script(&browser, "nightly build", "Revoke").await;
    assert!(
        browser
            .status()
            .await
            .contains("“nightly build” is revoked")
    );
    assert_eq!(exchange(&site, &second).await.0, 1203);

    browser
        .button(containing("User options"))
        .await
        .click()
        .await;
    browser.button("Sign out").await.click().await;
    // The page before has a message too.
    browser.wait_for_text("You are signed out.").await;
}

#[tokio::test]
async fn add_needs_neither_script_nor_commands_of_buttons() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &WITHOUT_SCRIPT).await;
    browser.link("Add").await.click().await;
    browser.wait_for_path(&format!("{TOKENS}/new")).await;
    let blade = browser.dialog("New token").await;
    assert!(blade.field("Token name").await.is_focused().await);
    blade.link("Cancel").await.click().await;
    browser.wait_for_path(TOKENS).await;
    browser.wait_until_gone("dialog", "New token").await;
}

#[tokio::test]
async fn a_token_is_regenerated_and_revoked_on_its_own_page() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &WITHOUT_SCRIPT).await;
    let first = add(&browser, "ci").await;
    close_without_script(&browser).await;
    browser.link("ci").await.click().await;
    browser.heading("ci").await;
    act_on_page(&browser, "ci", "Regenerate").await;
    let second = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &second).await.0, 1);
    assert_eq!(exchange(&site, &first).await.0, 1201);
    close_without_script(&browser).await;
    browser.link("ci").await.click().await;
    browser.heading("ci").await;
    act_on_page(&browser, "ci", "Revoke").await;
    browser.wait_for_status("“ci” is revoked").await;
    assert_eq!(exchange(&site, &second).await.0, 1203);
    browser.link("ci").await.click().await;
    browser.link("Create one like it").await;
}

#[tokio::test]
async fn the_page_that_asks_offers_another_expiration_and_an_overlap() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &WITHOUT_SCRIPT).await;
    let old = add(&browser, "ci").await;
    close_without_script(&browser).await;
    browser.button("Actions for ci").await.click().await;
    browser.link("Regenerate").await.click().await;
    browser.heading("Regenerate “ci”?").await;
    let current = browser.field("The current token").await;
    current.select("works for 24 hours more").await;
    let expiration = browser.field("The new token expires").await;
    expiration
        .select("after 7 days: Tuesday, 1 December 2026")
        .await;
    browser.button("Yes").await.click().await;
    browser.wait_for_text("Tuesday, 1 December 2026").await;
    let new = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &old).await.0, 1);
    assert_eq!(exchange(&site, &new).await.0, 1);
}

#[tokio::test]
async fn a_day_of_ones_own_and_a_mistake_need_no_script() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &WITHOUT_SCRIPT).await;
    browser.link("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade.field("Token name").await.type_text("ci").await;
    blade
        .field("Expiration")
        .await
        .select("Another day …")
        .await;
    blade.button("Save").await.click().await;
    browser.wait_for_text("Choose the last day.").await;
    let blade = browser.dialog("New token").await;
    assert_eq!(blade.field("Token name").await.value().await, "ci");
    browser
        .wait_for_text("The token works until the end of that day in UTC.")
        .await;
    // By the driver: how a day is typed depends on the language of the browser.
    let day = "document.getElementById('last_day').value = '2026-12-24'";
    browser.script(day, vec![]).await;
    blade.button("Save").await.click().await;
    browser
        .wait_for_text("It expires on Thursday, 24 December 2026 at 23:59 UTC.")
        .await;
    close_without_script(&browser).await;
    browser.wait_for_text("Times are in UTC.").await;
}

#[tokio::test]
async fn users_and_sessions_are_ended_by_pages_that_ask() {
    let site = Site::start(|_| {}).await;
    site.world.add_administrator("root").await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&WITHOUT_SCRIPT).await;
    browser.goto(&site.url("/settings/users")).await;
    sign_in(&browser, "root").await;
    for (act, said) in [
        ("Disable", "ada is disabled."),
        ("Enable", "ada is enabled."),
    ] {
        browser.button("Actions for ada").await.click().await;
        browser.link(act).await.click().await;
        browser.heading(format!("{act} ada?").as_str()).await;
        browser.link("Cancel").await.click().await;
        browser.wait_for_path("/settings/users").await;
        browser.button("Actions for ada").await.click().await;
        browser.link(act).await.click().await;
        browser.button("Yes").await.click().await;
        browser.wait_for_status(said).await;
    }
    site.world.sign_in("root").await;
    browser.goto(&site.url("/settings/sessions")).await;
    browser.link("Sign out everywhere else").await.click().await;
    browser.button("Yes").await.click().await;
    browser.wait_for_status("are ended").await;
}
