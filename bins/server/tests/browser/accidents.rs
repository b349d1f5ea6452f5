//! What goes wrong around a person: stray keys, Back, reload, an ended session, two windows.

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_test_support::browser::{Browser, BrowserOptions, Key};

use crate::person::{
    TOKENS, WITHOUT_SCRIPT, act_without_script, ada, add, choose, close, exchange, sign_in,
};
use crate::site::Site;

async fn count(site: &Site) -> u64 {
    let by = site.world.sign_in("ada").await;
    let page = site
        .world
        .service
        .list_tokens(&by, TokenQuery::of(None))
        .await;
    page.expect("the list").total
}

async fn assert_forgotten(browser: &Browser, secret: &str) {
    assert!(
        !browser.source().await.contains(secret),
        "{}",
        browser.url().await
    );
    let shown = "return [...document.querySelectorAll('input, textarea')].some((it) => it.value.includes('atspat_'))";
    assert_eq!(
        browser.script(shown, vec![]).await,
        false,
        "{}",
        browser.url().await
    );
    assert!(!browser.url().await.contains("atspat"));
}

#[tokio::test]
async fn a_token_that_was_not_copied_is_not_lost_by_a_stray_key() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    let secret = add(&browser, "ci").await;
    let blade = browser.dialog("New token").await;
    assert_eq!(
        blade.attribute("closedby").await.as_deref(),
        Some("none"),
        "a stray click"
    );
    assert_eq!(
        blade.field("Personal access token").await.value().await,
        secret
    );
    blade.button("Done").await.click().await;
    let question = browser.alert_dialog("Have you kept the token?").await;
    assert!(
        question
            .button("Back to the token")
            .await
            .is_focused()
            .await
    );
    question.button("Back to the token").await.click().await;
    assert_eq!(
        browser.field("Personal access token").await.value().await,
        secret
    );
    close(&browser).await;
    browser.wait_for_focus(r#"button "Add""#).await;
    assert_forgotten(&browser, &secret).await;
}

/// Where the page and the button are, to be the same before and after.
const PLACE: &str = "
const box = document.getElementById('copy').getBoundingClientRect();
const body = document.querySelector('#issued .blade-body');
return [box.x, box.y, box.width, box.height, body.scrollHeight, body.scrollTop, scrollY].join(' ');
";

#[tokio::test]
async fn copying_works_without_tls_and_moves_nothing() {
    let site = Site::named("plain.test", |_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    let secret = add(&browser, "ci").await;
    let is_secure = browser.script("return isSecureContext", vec![]).await;
    assert_eq!(is_secure, false, "a page without TLS");
    let before = browser.script(PLACE, vec![]).await;
    browser.button("Copy").await.click().await;
    browser.wait_for_focus(r#"button "✓ Copied""#).await;
    assert_eq!(browser.script(PLACE, vec![]).await, before);
    browser.wait_for_status("Copied.").await;
    browser.button("Done").await.click().await;
    browser.wait_until_gone("dialog", "New token").await;
    let secure = site.url("/signin").replace("plain.test", "127.0.0.1");
    browser.goto(&secure).await;
    assert_eq!(browser.clipboard().await, secret);
}

/// Sends the form, presses its button again and again, and notes when it could be pressed before
/// the answer came.
const PRESS_AGAIN: &str = "
const button = document.querySelector('#new-token [type=submit]');
button.click();
const begin = Date.now();
sessionStorage.presses = 0;
setInterval(() => {
  sessionStorage.presses = Number(sessionStorage.presses) + 1;
  if (button.getAttribute('aria-disabled') !== 'true') sessionStorage.early = Date.now() - begin;
  button.click();
}, 100);
";

#[tokio::test]
async fn a_slow_answer_keeps_save_busy_and_loses_no_token() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade.field("Token name").await.type_text("ci").await;
    browser.set_latency(Duration::from_secs(6)).await;
    browser.script(PRESS_AGAIN, vec![]).await;
    let secret = browser.field("Personal access token").await.value().await;
    let noted = "return [Number(sessionStorage.presses), sessionStorage.early ?? null]";
    let noted = browser.script(noted, vec![]).await;
    assert!(noted[0].as_u64() > Some(40), "{noted}");
    assert!(noted[1].is_null(), "{noted}");
    assert_eq!(count(&site).await, 1);
    assert_eq!(exchange(&site, &secret).await.0, 1);
}

#[tokio::test]
async fn back_forward_and_reload_never_show_a_token_again() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    browser.allow_clipboard().await;
    let secret = add(&browser, "ci").await;
    browser.button("Copy").await.click().await;
    browser.wait_for_text("Copied.").await;
    browser.reload().await;
    assert_forgotten(&browser, &secret).await;
    assert_eq!(count(&site).await, 1);

    let secret = add(&browser, "second").await;
    browser.button("Copy").await.click().await;
    browser.wait_for_text("Copied.").await;
    browser.goto(&site.url("/settings/password")).await;
    browser.back().await;
    assert_forgotten(&browser, &secret).await;
    browser.back().await;
    assert_forgotten(&browser, &secret).await;
    browser.script("history.forward()", vec![]).await;
    browser.button("Add").await;
    assert_forgotten(&browser, &secret).await;
    assert_eq!(count(&site).await, 2);
    assert_eq!(exchange(&site, &secret).await.0, 1);
}

#[tokio::test]
async fn without_script_a_reloaded_form_makes_nothing_and_shows_nothing() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &WITHOUT_SCRIPT).await;
    let secret = add(&browser, "ci").await;
    browser.reload().await;
    assert!(
        browser
            .alert()
            .await
            .contains("ci exists: this form created it")
    );
    assert!(!browser.source().await.contains(&secret));
    assert_eq!(count(&site).await, 1);
    assert_eq!(exchange(&site, &secret).await.0, 1);

    act_without_script(&browser, "ci", "Regenerate").await;
    let new = browser.field("Personal access token").await.value().await;
    browser.reload().await;
    assert!(browser.alert().await.contains("ci was already regenerated"));
    assert!(!browser.source().await.contains(&new));
    assert_eq!(exchange(&site, &new).await.0, 1);
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade
        .field("Token name")
        .await
        .type_text("nightly build")
        .await;
    blade
        .field("Description (optional)")
        .await
        .type_text("for the line")
        .await;
    let script = "document.getElementById('expiration').value = '90'";
    browser.script(script, vec![]).await;
    site.world.clock.advance(Duration::from_hours(13));
    blade.button("Save").await.click().await;
    browser.wait_for_status("Your entries are kept").await;
    sign_in(&browser, "ada").await;
    let blade = browser.dialog("New token").await;
    assert_eq!(
        blade.field("Token name").await.value().await,
        "nightly build"
    );
    assert_eq!(
        blade.field("Description (optional)").await.value().await,
        "for the line"
    );
    assert_eq!(blade.field("Expiration").await.value().await, "90");
    assert_eq!(count(&site).await, 0, "nothing is made by itself");
    blade.button("Save").await.click().await;
    let secret = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &secret).await.0, 1);
}

#[tokio::test]
async fn what_one_window_ended_another_is_told_of() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    add(&browser, "ci").await;
    close(&browser).await;
    let first = browser.tab().await;
    browser.new_tab().await;
    browser.goto(&site.url(TOKENS)).await;
    choose(&browser, "ci", "Revoke").await;
    browser.button("Yes").await.click().await;
    browser.wait_for_status("“ci” is revoked").await;
    browser.switch_to(&first).await;
    choose(&browser, "ci", "Regenerate").await;
    browser.button("Yes").await.click().await;
    let alert = browser.alert().await;
    assert!(
        alert.contains("ci is revoked: only an active token can be regenerated"),
        "{alert}"
    );
    browser.wait_for_focus(r#"alert """#).await;
}

#[tokio::test]
async fn a_name_in_use_is_told_at_its_field() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    add(&browser, "ci").await;
    close(&browser).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade.field("Token name").await.type_text("CI").await;
    blade.button("Save").await.click().await;
    browser
        .wait_for_text("You already have an active token named “CI”")
        .await;
    let field = browser.field("Token name").await;
    assert!(field.is_focused().await);
    assert_eq!(field.value().await, "CI");
    assert_eq!(
        field.attribute("aria-invalid").await.as_deref(),
        Some("true")
    );
    browser.press(Key::Escape).await;
    browser.wait_until_gone("dialog", "New token").await;
    browser.wait_for_path(TOKENS).await;
}

#[tokio::test]
async fn a_day_that_is_not_chosen_any_more_does_not_hold_up_the_form() {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &BrowserOptions::default()).await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade.field("Token name").await.type_text("ci").await;
    let expiration = blade.field("Expiration").await;
    expiration.select("Another day …").await;
    blade.field("Last day").await.type_date("2020-01-01").await;
    let first = "arguments[0].selectedIndex = 0; arguments[0].dispatchEvent(new Event('change'))";
    let first = first.replace("arguments[0]", "document.getElementById('expiration')");
    browser.script(&first, vec![]).await;
    blade.button("Save").await.click().await;
    let secret = browser.field("Personal access token").await.value().await;
    assert_eq!(exchange(&site, &secret).await.0, 1);
}

#[tokio::test]
async fn what_stands_before_the_page_is_all_that_the_keys_reach() {
    let site = Site::start(|_| {}).await;
    for options in [BrowserOptions::default(), WITHOUT_SCRIPT] {
        let name = format!("script: {}", options.script);
        let browser = if options.script {
            ada(&site, &options).await
        } else {
            let browser = Browser::open(&options).await;
            browser.goto(&site.url(TOKENS)).await;
            sign_in(&browser, "ada").await;
            browser
        };
        add(&browser, &name).await;
        let outside = "return !document.activeElement.closest('dialog') && document.activeElement !== document.body";
        for _ in 0..15 {
            browser.press(Key::Tab).await;
            assert_eq!(
                browser.script(outside, vec![]).await,
                false,
                "{name}: {}",
                browser.focused_name().await
            );
        }
        browser.field("Personal access token").await;
    }
}
