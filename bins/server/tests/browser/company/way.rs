//! The whole way through the server and a real provider, in every engine.

use ats_pat_test_support::browser::{Browser, BrowserOptions, Engine, Key, containing};
use reqwest::Client;
use serde_json::{Value, json};

use super::office::{BUTTON, CONFIRM, follow_into_a_tab, give_account, provider};
use super::program::Server;
use crate::engines::{in_every_engine, with};
use crate::person::{TOKENS, add, close, exchange_at};

in_every_engine! {
    from_the_button_to_signing_out
    a_session_is_confirmed_and_nothing_typed_is_lost
}

/// An administrator signs in, makes a token, and signs out. The provider ends the next session.
async fn from_the_button_to_signing_out(engine: Engine) {
    let provider = provider();
    let server = Server::start(&provider);
    let browser = Browser::open(&with(engine)).await;
    browser.goto(&server.url("/settings/sessions")).await;
    let link = browser.link(BUTTON).await;
    link.click().await;
    give_account(&browser, "ada").await;
    // Back at the page that was wanted, which says by which provider and when.
    browser.wait_for_path("/settings/sessions").await;
    browser.wait_for_text("with Contoso").await;
    browser.wait_for_text("just now").await;
    browser.link("Users").await;
    assert!(!browser.names("link").await.contains(&"Password".to_owned()));

    browser.goto(&server.url(TOKENS)).await;
    let secret = add(&browser, "nightly build").await;
    close(&browser).await;
    let (code, token) = exchange_at(&server.origin, &secret).await;
    assert_eq!(code, 1);
    let subject = json!({"format": "iss_sub", "iss": provider.issuer, "sub": "ada"});
    assert_eq!(claims_of(&token)["sub_id"], subject);

    sign_out(&browser).await;
    // The provider asks before it ends its own session.
    browser.button("Yes, sign me out").await.click().await;
    browser.wait_for_text("Sign-out Success").await;
    // Its logout token found no session any more, and was right.
    assert_eq!(provider.logouts(), ["taken"]);
    browser.goto(&server.url("/")).await;
    browser.wait_for_path("/signin").await;

    // It has forgotten her, so it asks again. Then it ends the session here.
    browser.link(BUTTON).await.click().await;
    give_account(&browser, "ada").await;
    browser.button(containing("User options")).await;
    browser
        .goto(&format!("{}/session/end", provider.issuer))
        .await;
    browser.button("Yes, sign me out").await.click().await;
    browser.wait_for_text("Sign-out Success").await;
    assert_eq!(provider.logouts(), ["taken"; 2]);
    browser.goto(&server.url(TOKENS)).await;
    browser.link(BUTTON).await;
    // Her token goes on.
    assert_eq!(exchange_at(&server.origin, &secret).await.0, 1);
}

async fn sign_out(browser: &Browser) {
    let options = browser.button(containing("User options")).await;
    options.click().await;
    browser.button("Sign out").await.click().await;
}

/// The claims of an authentication token.
fn claims_of(token: &Value) -> Value {
    let token = token.as_str().expect("a token");
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Value>(token);
    decoded.expect("claims").claims
}

/// The person gave the password long ago, so the provider asks for it anew before an operator key
/// is made.
async fn a_session_is_confirmed_and_nothing_typed_is_lost(engine: Engine) {
    let provider = provider();
    let server = Server::start(&provider);
    provider.asked_for_passwords(3600);
    let browser = Browser::open(&with(engine)).await;
    browser
        .goto(&server.url("/settings/operator-keys/new"))
        .await;
    browser.link(BUTTON).await.click().await;
    give_account(&browser, "ada").await;
    let blade = browser.dialog("New operator key").await;
    blade.field("Name").await.type_text("Terraform").await;
    let right = blade.of_role("checkbox", containing("See users")).await;
    right.click().await;
    // Sent without it, the form is there again with all that was typed.
    blade.button("Save").await.click().await;
    browser
        .wait_for_text("It is not confirmed yet that this is you.")
        .await;
    let blade = browser.dialog("New operator key").await;
    assert_eq!(blade.field("Name").await.value().await, "Terraform");
    let confirm = format!("link \"{CONFIRM}\"");
    browser.wait_for_focus(&confirm).await;

    provider.asked_for_passwords(0);
    let here = follow_into_a_tab(&browser, CONFIRM).await;
    // It asks although she is signed in there.
    give_account(&browser, "ada").await;
    browser
        .wait_for_text("It is confirmed that this is you.")
        .await;
    browser.switch_to(&here).await;
    let blade = browser.dialog("New operator key").await;
    assert_eq!(blade.field("Name").await.value().await, "Terraform");
    blade.button("Save").await.click().await;
    let key = browser.field("Operator key").await.value().await;
    let http = Client::builder().no_proxy().build().expect("a client");
    let users = http.get(server.url("/api/administration/users"));
    let users = users.bearer_auth(&key).send().await.expect("an answer");
    assert_eq!(users.status(), 200);
}

#[tokio::test]
async fn a_person_of_the_company_needs_no_mouse() {
    let provider = provider();
    let server = Server::start(&provider);
    let browser = Browser::open(&BrowserOptions::default()).await;
    browser.goto(&server.url("/settings/sessions")).await;
    browser.link(BUTTON).await;
    // Whatever comes before it leads over the page.
    while browser.focused_name().await != format!("link \"{BUTTON}\"") {
        browser.press(Key::Tab).await;
    }
    browser.press(Key::Enter).await;
    give_account(&browser, "grace").await;
    browser.wait_for_path("/settings/sessions").await;
    // She is in no group that administers.
    assert!(!browser.names("link").await.contains(&"Users".to_owned()));
}
