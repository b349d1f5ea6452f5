//! The way to a token, its dialogs and its menus, in every engine.

use ats_pat_domain::list::TokenQuery;
use ats_pat_test_support::browser::{Browser, BrowserOptions, Engine, Key, containing};

use crate::person::{TOKENS, ada, add, choose, close, exchange, sign_in};
use crate::site::Site;

/// Makes a test of a function for each engine.
macro_rules! in_every_engine {
    ($($name:ident)*) => {
        $(mod $name {
            use ats_pat_test_support::browser::Engine;

            #[tokio::test]
            async fn chromium() {
                super::$name(Engine::Chromium).await;
            }

            #[tokio::test]
            async fn firefox() {
                super::$name(Engine::Firefox).await;
            }

            #[tokio::test]
            async fn older_firefox() {
                super::$name(Engine::OlderFirefox).await;
            }

            #[tokio::test]
            async fn webkit() {
                super::$name(Engine::WebKit).await;
            }
        })*
    };
}
pub(crate) use in_every_engine;

in_every_engine! {
    from_signing_in_to_revoking
    escape_asks_before_a_new_token_is_gone
    menus_open_beside_their_buttons
    the_last_day_is_that_of_the_persons_zone
}

/// A browser of this engine.
pub fn with(engine: Engine) -> BrowserOptions {
    BrowserOptions {
        engine,
        ..BrowserOptions::default()
    }
}

async fn from_signing_in_to_revoking(engine: Engine) {
    let site = Site::start(|_| {}).await;
    site.world.add_user("ada").await;
    let browser = Browser::open(&with(engine)).await;
    browser.goto(&site.url("/")).await;
    sign_in(&browser, "ada").await;
    browser.wait_for_path("/").await;
    let options = browser.button(containing("User options")).await;
    options.click().await;
    browser.link("Settings").await.click().await;
    browser.wait_for_path(TOKENS).await;

    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    assert!(blade.field("Token name").await.is_focused().await);
    browser.press(Key::Escape).await;
    browser.wait_until_gone("dialog", "New token").await;
    browser.wait_for_focus(r#"button "Add""#).await;
    let secret = add(&browser, "nightly build").await;
    assert_eq!(exchange(&site, &secret).await.0, 1);
    let faults = browser.layout_faults().await;
    assert_eq!(faults, [""; 0]);
    browser.button("Copy").await.click().await;
    browser.button("✓ Copied").await;
    browser.button("Done").await.click().await;
    browser.wait_until_gone("dialog", "New token").await;

    choose(&browser, "nightly build", "Revoke").await;
    browser.press(Key::Escape).await;
    browser
        .wait_for_focus(r#"button "Actions for nightly build""#)
        .await;
    choose(&browser, "nightly build", "Revoke").await;
    browser.button("Yes").await.click().await;
    assert!(
        browser
            .status()
            .await
            .contains("“nightly build” is revoked")
    );
    assert_eq!(exchange(&site, &secret).await.0, 1203);
}

async fn escape_asks_before_a_new_token_is_gone(engine: Engine) {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &with(engine)).await;
    let secret = add(&browser, "ci").await;
    for _ in 0..3 {
        browser.press(Key::Escape).await;
        let question = browser.alert_dialog("Have you kept the token?").await;
        assert!(
            question
                .button("Back to the token")
                .await
                .is_focused()
                .await
        );
        browser.press(Key::Escape).await;
        let field = browser.field("Personal access token").await;
        assert_eq!(field.value().await, secret);
    }
    close(&browser).await;
    browser.wait_for_focus(r#"button "Add""#).await;
}

/// Where the open menu is: how far its right end is from that of its button, and how far it is
/// below or above.
const APART: &str = "
const open = document.querySelector('.menu:popover-open');
const menu = open.getBoundingClientRect();
const button = document.querySelector(`[popovertarget=${open.id}]`).getBoundingClientRect();
return [Math.abs(menu.right - button.right), Math.max(menu.top - button.bottom, button.top - menu.bottom)];
";

async fn menus_open_beside_their_buttons(engine: Engine) {
    let site = Site::start(|_| {}).await;
    let browser = ada(&site, &with(engine)).await;
    for name in ["first", "second", "third"] {
        add(&browser, name).await;
        close(&browser).await;
    }
    let assert_beside = async |what: &str| {
        let apart = browser.script(APART, vec![]).await;
        let [aside, below] = [0, 1].map(|index| apart[index].as_f64().expect("a distance"));
        assert!(
            aside < 3.0 && (0.0..13.0).contains(&below),
            "{what}: {aside} aside, {below} below"
        );
    };
    for (width, height) in [(1280, 800), (500, 420)] {
        browser.set_size(width, height).await;
        browser.goto(&site.url(TOKENS)).await;
        let options = browser.button(containing("User options")).await;
        options.click().await;
        browser.link("Settings").await;
        assert_beside("user options").await;
        browser.press(Key::Escape).await;
        for name in ["first", "second", "third"] {
            let actions = format!("Actions for {name}");
            browser.button(actions.as_str()).await.click().await;
            browser.button("Revoke").await;
            assert_beside(name).await;
            browser.press(Key::Escape).await;
            browser.wait_until_gone("button", "Revoke").await;
        }
    }
}

async fn the_last_day_is_that_of_the_persons_zone(engine: Engine) {
    let site = Site::start(|_| {}).await;
    let browser = ada(
        &site,
        &BrowserOptions {
            time_zone: "Europe/Berlin",
            ..with(engine)
        },
    )
    .await;
    browser.button("Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade.field("Token name").await.type_text("ci").await;
    let choose = "const expiration = document.getElementById('expiration');
        expiration.value = 'date';
        expiration.dispatchEvent(new Event('change'));
        document.getElementById('last_day').value = '2027-01-15'";
    browser.script(choose, vec![]).await;
    browser
        .wait_for_text("The token works until the end of that day in Europe/Berlin.")
        .await;
    blade.button("Save").await.click().await;
    browser
        .wait_for_text("It expires on Friday, 15 January 2027 at 23:59 (Europe/Berlin).")
        .await;
    close(&browser).await;
    let row = browser.text().await;
    assert!(row.contains("15 Jan 2027"), "{row}");
    assert!(!row.contains("16 Jan 2027"), "{row}");
    browser.link("ci").await.click().await;
    browser.wait_for_text("15 Jan 2027, 23:59:59").await;
    browser
        .wait_for_text("Times are in Europe/Berlin (now UTC+1).")
        .await;
    let by = site.world.sign_in("ada").await;
    let query = TokenQuery::of(None);
    let listed = site.world.service.list_tokens(&by, query).await;
    let expires_at = listed.expect("the list").items[0].expires_at;
    assert_eq!(expires_at.to_string(), "2027-01-15T22:59:59.999Z");
}
