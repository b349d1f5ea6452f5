//! Forms that ask for the password once more, because the sign-in is too old.

use std::time::Duration;

use ats_pat_test_support::browser::{Browser, BrowserOptions};
use ats_pat_test_support::world::PASSWORD;

use crate::look::assert_well;
use crate::person::{TOKENS, WITHOUT_SCRIPT, ada, choose, close, exchange, opener};
use crate::site::Site;

const LATE: Duration = Duration::from_mins(16);

/// The policy asks for a sign-in in the last quarter of an hour.
async fn site() -> Site {
    Site::start(|settings| settings.policy.base.recent_sign_in_minutes = 15).await
}

/// Makes a token by a form that was opened in time and is saved too late. It asks for the password,
/// and has all that was typed.
async fn make_late(site: &Site, browser: &Browser) {
    opener(browser, "Add").await.click().await;
    let blade = browser.dialog("New token").await;
    let name = blade.field("Token name").await;
    name.type_text("nightly build").await;
    let description = blade.field("Description (optional)").await;
    description.type_text("for the line").await;
    let chosen = "document.getElementById('expiration').value = '90'";
    browser.script(chosen, vec![]).await;
    site.world.clock.advance(LATE);
    blade.button("Save").await.click().await;

    browser.wait_for_text("Enter your password.").await;
    for typed in ["wrong-horse-1", PASSWORD] {
        let blade = browser.dialog("New token").await;
        let name = blade.field("Token name").await;
        assert_eq!(name.value().await, "nightly build");
        let description = blade.field("Description (optional)").await;
        assert_eq!(description.value().await, "for the line");
        assert_eq!(blade.field("Expiration").await.value().await, "90");
        let password = blade.field("Your password").await;
        assert!(password.is_focused().await);
        assert_eq!(password.value().await, "");
        assert!(site.world.told("token.created").await.is_empty());
        password.type_text(typed).await;
        blade.button("Save").await.click().await;
        if typed != PASSWORD {
            browser.wait_for_text("This is not your password.").await;
        }
    }
    let secret = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(site, &secret).await.0, 1);
}

#[tokio::test]
async fn a_token_is_made_after_the_sign_in_got_too_old() {
    let site = site().await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    make_late(&site, &browser).await;
    close(&browser).await;

    // The question before a token is regenerated asks at once.
    site.world.clock.advance(LATE);
    browser.goto(&site.url(TOKENS)).await;
    choose(&browser, "nightly build", "Regenerate").await;
    let password = browser.field("Your password").await;
    password.type_text("wrong-horse-1").await;
    browser.button("Yes").await.click().await;
    // A page asks again: there the person sees what is done.
    browser.wait_for_text("This is not your password.").await;
    assert_well(&browser, "a token that is regenerated too late").await;
    let password = browser.field("Your password").await;
    assert!(password.is_focused().await);
    password.type_text(PASSWORD).await;
    browser.button("Yes").await.click().await;
    let secret = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &secret).await.0, 1);
}

#[tokio::test]
async fn the_same_works_without_script() {
    let site = site().await;
    let browser = ada(&site, &WITHOUT_SCRIPT).await;
    make_late(&site, &browser).await;
}

#[tokio::test]
async fn a_form_that_asks_for_the_password_is_accessible() {
    let site = site().await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    site.world.clock.advance(LATE);
    browser.goto(&site.url(&format!("{TOKENS}/new"))).await;
    browser.dialog("New token").await;
    assert_well(&browser, "a new token that is made too late").await;
}
