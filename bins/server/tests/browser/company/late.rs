//! People of a company whose sign-in is too old for what they do.

use std::num::NonZeroU32;
use std::time::Duration;

use ats_pat_test_support::browser::{Browser, BrowserOptions};
use ats_pat_test_support::html::faults;
use ats_pat_test_support::world::DAY;

use super::office::{BUTTON, CONFIRM, Office, follow_into_a_tab, give_account};
use crate::look::assert_well;
use crate::person::{TOKENS, WITHOUT_SCRIPT, add, close, exchange, opener};

/// A browser in which Grace is signed in and looks at her tokens.
async fn grace(office: &Office, options: &BrowserOptions) -> Browser {
    let browser = Browser::open(options).await;
    browser.goto(&office.site.url(TOKENS)).await;
    browser.link(BUTTON).await.click().await;
    give_account(&browser, "grace").await;
    browser.wait_for_path(TOKENS).await;
    browser
}

/// Fills in the form for a token, and sends it after this time.
async fn save_late(office: &Office, browser: &Browser, late: Duration) {
    opener(browser, "Add").await.click().await;
    let blade = browser.dialog("New token").await;
    let name = blade.field("Token name").await;
    name.type_text("nightly build").await;
    let description = blade.field("Description (optional)").await;
    description.type_text("for the line").await;
    let chosen = "document.getElementById('expiration').value = '90'";
    browser.script(chosen, vec![]).await;
    office.later(late);
    blade.button("Save").await.click().await;
}

/// All that was typed is there, and makes a token.
async fn save_what_is_there(office: &Office, browser: &Browser) {
    let blade = browser.dialog("New token").await;
    let name = blade.field("Token name").await;
    assert_eq!(name.value().await, "nightly build");
    let description = blade.field("Description (optional)").await;
    assert_eq!(description.value().await, "for the line");
    assert_eq!(blade.field("Expiration").await.value().await, "90");
    assert!(office.site.world.told("token.created").await.is_empty());
    blade.button("Save").await.click().await;
    let secret = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&office.site, &secret).await.0, 1);
}

/// The form is sent when the session is over. It is kept until she has signed in in another tab.
async fn keep(options: &BrowserOptions, is_looked_at: bool) {
    let office = Office::open(|_| {}).await;
    let browser = grace(&office, options).await;
    save_late(&office, &browser, Duration::from_hours(13)).await;
    browser.wait_for_text("Your entries are kept.").await;
    if is_looked_at {
        assert_well(&browser, "a form that is kept while its person signs in").await;
    }
    browser
        .button("Go on with your entries")
        .await
        .click()
        .await;
    browser.wait_for_text("You are not signed in yet.").await;
    let here = follow_into_a_tab(&browser, BUTTON).await;
    // The provider remembers her.
    browser.wait_for_path("/settings/sessions").await;
    browser.switch_to(&here).await;
    browser
        .button("Go on with your entries")
        .await
        .click()
        .await;
    save_what_is_there(&office, &browser).await;
}

#[tokio::test]
async fn a_form_that_comes_after_the_session_is_kept_over_the_provider() {
    keep(&BrowserOptions::default(), true).await;
}

#[tokio::test]
async fn it_is_kept_without_script_too() {
    keep(&WITHOUT_SCRIPT, false).await;
}

#[tokio::test]
async fn a_token_is_made_after_the_sign_in_at_the_provider_got_too_old() {
    let office = Office::open(|settings| {
        settings.policy.base.recent_sign_in_minutes = 15;
    })
    .await;
    let browser = grace(&office, &BrowserOptions::default()).await;
    save_late(&office, &browser, Duration::from_mins(16)).await;
    browser
        .wait_for_text("It is not confirmed yet that this is you.")
        .await;
    assert_well(&browser, "a token that is confirmed at the provider").await;
    let here = follow_into_a_tab(&browser, CONFIRM).await;
    // It asks although she is signed in there.
    give_account(&browser, "grace").await;
    browser
        .wait_for_text("It is confirmed that this is you.")
        .await;
    browser.switch_to(&here).await;
    save_what_is_there(&office, &browser).await;
}

#[tokio::test]
async fn tokens_stop_until_their_owner_signs_in_at_the_provider_again() {
    let office = Office::open(|settings| {
        settings.providers[0].sign_in_every_days = NonZeroU32::new(7);
    })
    .await;
    let browser = grace(&office, &BrowserOptions::default()).await;
    let secret = add(&browser, "nightly build").await;
    close(&browser).await;
    office.later(Duration::from_secs(7 * 24 * 60 * 60 - 1));
    assert_eq!(exchange(&office.site, &secret).await.0, 1);
    office.later(Duration::from_secs(1));
    assert_eq!(exchange(&office.site, &secret).await.0, 1207);
    browser.goto(&office.site.url(TOKENS)).await;
    browser.link(BUTTON).await.click().await;
    // The provider remembers her for two weeks.
    browser.wait_for_path(TOKENS).await;
    assert_eq!(exchange(&office.site, &secret).await.0, 1);
    office.later(DAY * 15);
    assert_eq!(exchange(&office.site, &secret).await.0, 1207);
    browser.goto(&office.site.url(TOKENS)).await;
    browser.link(BUTTON).await.click().await;
    give_account(&browser, "grace").await;
    browser.wait_for_path(TOKENS).await;
    assert_eq!(exchange(&office.site, &secret).await.0, 1);
}

#[tokio::test]
async fn the_sign_in_page_with_a_provider_is_accessible() {
    let office = Office::open(|_| {}).await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&office.site.url("/signin")).await;
    browser.link(BUTTON).await;
    assert_well(&browser, "sign in with a provider").await;
    let sent = reqwest::get(office.site.url("/signin")).await;
    let sent = sent.expect("an answer").text().await.expect("a page");
    assert!(sent.contains(BUTTON), "{sent}");
    assert_eq!(faults(&[("sign-in".to_owned(), sent)]), [""; 0]);
    let begun = "/signin/company/callback?code=x&state=y";
    browser.goto(&office.site.url(begun)).await;
    browser.wait_for_text("This sign-in took too long").await;
    assert_well(&browser, "a sign-in that was not begun").await;
}
