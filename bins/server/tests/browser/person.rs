//! What a person does in the browser, and what a script does with the token.

use std::time::Duration;

use ats_pat_test_support::browser::{Browser, BrowserOptions, Element, Engine, containing};
use ats_pat_test_support::world::PASSWORD;
use serde_json::Value;

use crate::site::Site;

pub const TOKENS: &str = "/settings/personal-access-tokens";

/// A browser without script.
pub const WITHOUT_SCRIPT: BrowserOptions = BrowserOptions {
    engine: Engine::Chromium,
    script: false,
    time_zone: "UTC",
    dark: false,
    width: 1280,
    height: 800,
};

/// A browser in which the new user `ada` is signed in and looks at her tokens.
pub async fn ada(site: &Site, options: &BrowserOptions) -> Browser {
    site.world.add_user("ada").await;
    let browser = Browser::open(options).await;
    browser.goto(&site.url(TOKENS)).await;
    sign_in(&browser, "ada").await;
    browser.wait_for_path(TOKENS).await;
    browser
}

/// Fills in the sign-in page that is shown.
pub async fn sign_in(browser: &Browser, name: &str) {
    let user_name = browser.field("User name").await;
    user_name.clear().await;
    user_name.type_text(name).await;
    browser.field("Password").await.type_text(PASSWORD).await;
    browser.button("Sign in").await.click().await;
}

/// What opens a dialog: a button, or without script a link to a page.
pub async fn opener<'a>(browser: &'a Browser, name: &'static str) -> Element<'a> {
    // Script makes buttons of links before the page is complete.
    while browser.script("return document.readyState", vec![]).await != "complete" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if browser.names("button").await.iter().any(|it| it == name) {
        browser.button(name).await
    } else {
        browser.link(name).await
    }
}

/// Makes a token by the blade, which then shows it; gives the token.
pub async fn add(browser: &Browser, name: &str) -> String {
    opener(browser, "Add").await.click().await;
    let blade = browser.dialog("New token").await;
    blade.field("Token name").await.type_text(name).await;
    blade.button("Save").await.click().await;
    let secret = browser.field("Personal access token").await.value().await;
    assert!(
        secret.starts_with("atspat_") && secret.len() == 56,
        "{secret}"
    );
    secret
}

/// Closes the blade with a new token as whoever has noted it down.
pub async fn close(browser: &Browser) {
    browser.button("Done").await.click().await;
    browser.link("I have kept it").await.click().await;
    browser.wait_until_gone("dialog", "New token").await;
}

/// The same without script, where links ask the question and answer it.
pub async fn close_without_script(browser: &Browser) {
    browser.link("Done").await.click().await;
    browser.link("Back to the token").await.click().await;
    browser.link("Done").await.click().await;
    browser.link("I have kept it").await.click().await;
    browser.wait_until_gone("dialog", "New token").await;
}

/// Chooses from the menu of a token's row.
pub async fn choose(browser: &Browser, name: &str, entry: &str) {
    let actions = format!("Actions for {name}");
    browser.button(actions.as_str()).await.click().await;
    browser.button(entry).await.click().await;
    let question = browser.alert_dialog(containing(name)).await;
    assert!(question.name().await.starts_with(entry));
}

/// Does something to a token without script: the menu of its row leads to a page that asks.
pub async fn act_without_script(browser: &Browser, name: &str, entry: &str) {
    let actions = format!("Actions for {name}");
    browser.button(actions.as_str()).await.click().await;
    browser.link(entry).await.click().await;
    let question = format!("{entry} “{name}”?");
    browser.heading(question.as_str()).await;
    browser.button("Yes").await.click().await;
}

/// Does something to a token on its own page, which is shown.
pub async fn act_on_page(browser: &Browser, name: &str, entry: &str) {
    let open = "[...document.querySelectorAll('summary')].find((it) => it.innerText.startsWith(arguments[0])).click()";
    browser.script(open, vec![entry.into()]).await;
    let button = format!("{entry} {name}");
    browser.button(button.as_str()).await.click().await;
}

/// Exchanges a token as a script does; gives the answer's code and its data.
pub async fn exchange(site: &Site, secret: &str) -> (u64, Value) {
    exchange_at(&site.url(""), secret).await
}

/// The same at the service with this public URL.
pub async fn exchange_at(origin: &str, secret: &str) -> (u64, Value) {
    let path = "/api/personalaccesstoken/getAuthenticationToken";
    let request = http()
        .get(format!("{origin}{path}"))
        .header("personalAccessToken", secret);
    let answer = request.send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("an envelope");
    let code = answer["ResponseCode"].as_u64().expect("a code");
    (code, answer["Data"].clone())
}

/// Who an authentication token speaks for.
pub async fn identity(site: &Site, bearer: &str) -> Value {
    let request = http().get(site.url("/api/identity")).bearer_auth(bearer);
    let answer = request.send().await.expect("an answer");
    answer.json().await.expect("an envelope")
}

fn http() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.build().expect("a client")
}
