//! Everything without a mouse.

use ats_pat_test_support::browser::{Browser, BrowserOptions, Key};
use ats_pat_test_support::world::PASSWORD;

use crate::person::{TOKENS, exchange};
use crate::site::Site;

/// Goes on from field to field, as far as `what`.
async fn tab_to(browser: &Browser, what: &str) {
    let mut seen = Vec::new();
    for _ in 0..40 {
        let here = browser.focused_name().await;
        if here == what {
            return;
        }
        seen.push(here);
        browser.press(Key::Tab).await;
    }
    panic!("Tab does not lead to {what}, but to {seen:?}");
}

/// Types where the focus is.
async fn type_here(browser: &Browser, label: &str, text: &str) {
    let field = browser.field(label).await;
    assert!(field.is_focused().await, "{}", browser.focused_name().await);
    field.type_text(text).await;
}

#[tokio::test]
async fn the_whole_way_by_keys() {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url("/")).await;
    type_here(&browser, "User name", "ada").await;
    browser.press(Key::Tab).await;
    type_here(&browser, "Password", PASSWORD).await;
    browser.press(Key::Enter).await;
    browser.wait_for_path("/").await;

    tab_to(&browser, r#"button "User options ada""#).await;
    browser.press(Key::Enter).await;
    browser.link("Settings").await;
    browser.press(Key::Escape).await;
    browser.wait_for_focus(r#"button "User options ada""#).await;
    browser.wait_until_gone("link", "Settings").await;
    browser.press(Key::Down).await;
    browser.wait_for_focus(r#"link "Settings""#).await;
    browser.press(Key::Down).await;
    browser.wait_for_focus(r#"button "Sign out""#).await;
    browser.press(Key::Down).await;
    browser.wait_for_focus(r#"link "Settings""#).await;
    browser.press(Key::Enter).await;
    browser.wait_for_path(TOKENS).await;

    tab_to(&browser, r#"button "Add""#).await;
    browser.press(Key::Enter).await;
    browser.wait_for_focus(r#"textbox "Token name""#).await;
    browser.press(Key::Escape).await;
    browser.wait_for_focus(r#"button "Add""#).await;
    browser.press(Key::Space).await;
    browser.wait_for_focus(r#"textbox "Token name""#).await;
    type_here(&browser, "Token name", "nightly build").await;
    browser.press(Key::Enter).await;
    browser
        .wait_for_focus(r#"textbox "Personal access token""#)
        .await;
    let secret = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &secret).await.0, 1);
    browser.allow_clipboard().await;
    tab_to(&browser, r#"button "Copy""#).await;
    browser.press(Key::Enter).await;
    browser.wait_for_text("Copied.").await;
    tab_to(&browser, r#"button "Done""#).await;
    browser.press(Key::Enter).await;
    browser.wait_for_focus(r#"button "Add""#).await;

    let actions = r#"button "Actions for nightly build""#;
    tab_to(&browser, actions).await;
    browser.press(Key::Down).await;
    browser.wait_for_focus(r#"button "Regenerate""#).await;
    browser.press(Key::End).await;
    browser.wait_for_focus(r#"button "Revoke""#).await;
    browser.press(Key::Escape).await;
    browser.wait_for_focus(actions).await;
    browser.press(Key::Enter).await;
    browser.press(Key::Down).await;
    browser.press(Key::Down).await;
    browser.wait_for_focus(r#"button "Revoke""#).await;
    browser.press(Key::Enter).await;
    browser.wait_for_focus(r#"button "Cancel""#).await;
    browser.press(Key::Escape).await;
    browser.wait_for_focus(actions).await;
    browser.press(Key::Up).await;
    browser.wait_for_focus(r#"button "Revoke""#).await;
    browser.press(Key::Enter).await;
    browser.wait_for_focus(r#"button "Cancel""#).await;
    tab_to(&browser, r#"button "Yes""#).await;
    browser.press(Key::Enter).await;
    assert!(
        browser
            .status()
            .await
            .contains("“nightly build” is revoked")
    );
    browser.wait_for_focus(r#"status """#).await;
    assert_eq!(exchange(&site, &secret).await.0, 1203);
}

#[tokio::test]
async fn the_first_tab_leads_past_the_navigation() {
    let site = Site::start(|_| {}).await;
    let browser = crate::person::ada(&site, &BrowserOptions::default()).await;
    browser.goto(&site.url("/settings/sessions")).await;
    browser.press(Key::Tab).await;
    assert_eq!(
        browser.focused_name().await,
        r#"link "Skip to the content""#
    );
}
