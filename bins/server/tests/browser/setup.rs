//! The page of the set-up link.

use ats_pat_test_support::browser::{Browser, BrowserOptions, Key};
use ats_pat_test_support::world::{ADDRESS, PASSWORD};

use crate::site::Site;

/// The link's two parts: the page, and the code in the fragment.
fn parts(link: &str) -> (&str, &str) {
    link.split_once('#').expect("a fragment")
}

async fn is_administrator(site: &Site, name: &str) -> bool {
    let service = &site.world.service;
    let signed_in = service.sign_in(name, &PASSWORD.into(), ADDRESS).await;
    signed_in.is_ok_and(|result| result.user.is_admin)
}

#[tokio::test]
async fn the_code_is_taken_from_the_link_and_leaves_the_address_bar() {
    let site = Site::start(|_| {}).await;
    let link = site.setup_link().await;
    let (page, code) = parts(&link);
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&link).await;
    browser.wait_for_path("/setup").await;
    let source = browser.source().await;
    assert!(!source.contains(code), "the code stands in the document");

    browser.field("User name").await.type_text("ada").await;
    browser.press(Key::Tab).await;
    browser.wait_for_focus(r#"textbox "Password""#).await;
    browser.field("Password").await.type_text(PASSWORD).await;
    let repeat = browser.field("Repeat the password").await;
    repeat.type_text(PASSWORD).await;
    browser.press(Key::Enter).await;
    browser.wait_for_status("ada").await;
    assert!(is_administrator(&site, "ada").await);

    let origin = site.url("/");
    for url in browser.requests().await {
        assert!(url.starts_with(&origin), "a request to {url}");
        assert!(!url.contains(code), "the code goes over the network");
    }
    assert_eq!(browser.console().await, [""; 0]);
    browser.back().await;
    assert_eq!(browser.url().await, page);
}

#[tokio::test]
async fn without_scripts_the_code_is_pasted() {
    let site = Site::start(|_| {}).await;
    let link = site.setup_link().await;
    let (page, code) = parts(&link);
    let without_scripts = BrowserOptions {
        script: false,
        ..BrowserOptions::default()
    };
    let browser = Browser::open(&without_scripts).await;
    browser.goto(page).await;
    browser.field("Set-up code").await.type_text(code).await;
    browser.field("User name").await.type_text("ada").await;
    browser.field("Password").await.type_text(PASSWORD).await;
    let repeat = browser.field("Repeat the password").await;
    repeat.type_text("something else entirely").await;
    browser.button("Set up").await.click().await;
    browser.wait_for_text("not the same").await;
    browser
        .wait_for_focus(r#"textbox "Repeat the password""#)
        .await;
    assert_eq!(browser.field("Set-up code").await.value().await, code);

    browser.field("Password").await.type_text(PASSWORD).await;
    let repeat = browser.field("Repeat the password").await;
    repeat.type_text(PASSWORD).await;
    browser.button("Set up").await.click().await;
    browser.wait_for_status("ada").await;
    assert!(is_administrator(&site, "ada").await);
}

#[tokio::test]
async fn it_is_accessible_in_light_and_dark_and_on_a_phone() {
    let site = Site::start(|_| {}).await;
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&site.url("/setup")).await;
    for (dark, width) in [(false, 1280), (true, 1280), (false, 360), (true, 360)] {
        browser.set_dark(dark).await;
        browser.set_size(width, 800).await;
        assert_eq!(browser.axe().await, [""; 0], "dark: {dark}, width: {width}");
        assert!(browser.fits().await, "sideways scrolling at {width}");
    }
    assert_eq!(browser.console().await, [""; 0]);
}
