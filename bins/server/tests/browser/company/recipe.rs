//! The recipe of `docs/operation.md` for a provider that behaves as IdentityServer does: roles, one
//! as a text and several as a list, `idp`, and UUIDs as subjects.

use ats_pat_test_support::browser::{Browser, BrowserOptions};
use ats_pat_test_support::provider::OidcProvider;
use serde_json::{Value, json};

use super::office::give_account;
use super::program::Server;

const DOCUMENT: &str = include_str!("../../../../../docs/operation.md");
const HEADING: &str = "#### IdentityServer and ATS Security\n";
const NAME: &str = "ats";
const BUTTON: &str = "Sign in with ATS Security";
const ADA: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";
const GRACE: &str = "6f1d8a3e-52a4-4bd0-9a3c-1f0e5b7d2c11";
const STRANGER: &str = "9a7be1c4-08c2-4f6d-b2a9-3d5c7e9f1a20";

/// The settings of the recipe, for this provider.
fn settings(provider: &OidcProvider) -> String {
    let (_, recipe) = DOCUMENT.split_once(HEADING).expect("the recipe");
    let (_, settings) = recipe.split_once("```toml\n").expect("its settings");
    let (settings, _) = settings.split_once("```").expect("their end");
    let mut settings = settings.to_owned();
    for (there, here) in [
        ("https://security.example.com", provider.issuer.as_str()),
        ("\"ats-pat\"", &format!("\"{}\"", OidcProvider::CLIENT)),
    ] {
        assert!(settings.contains(there), "{settings}");
        settings = settings.replace(there, here);
    }
    settings
}

/// The claims of IdentityServer for each scope.
fn claims() -> Value {
    json!({
        "openid": ["sub", "idp"],
        "profile": ["preferred_username", "name"],
        "email": ["email"],
        "roles": ["role"],
    })
}

fn provider() -> OidcProvider {
    let person = |id: &str, name: &str, role: Value| {
        json!({
            "sub": id, "idp": "local", "preferred_username": name, "name": name,
            "email": format!("{name}@example.com"), "role": role,
        })
    };
    OidcProvider::start(&json!({
        ADA: person(ADA, "ada", json!(["ats-users", "ats-admins"])),
        GRACE: person(GRACE, "grace", json!("ats-users")),
        STRANGER: person(STRANGER, "eve", json!("sales")),
    }))
}

#[tokio::test]
async fn the_recipe_for_identity_server_lets_its_people_in() {
    // Roles in the ID token, and only at userinfo.
    for in_id_token in [true, false] {
        let provider = provider();
        let server = Server::with(NAME, &settings(&provider));
        provider.serve(&server.origin, NAME, &claims(), in_id_token);
        for (id, name, administers) in [(ADA, "ada", true), (GRACE, "grace", false)] {
            let browser = Browser::open(&BrowserOptions::default()).await;
            browser.goto(&server.url("/settings/sessions")).await;
            browser.link(BUTTON).await.click().await;
            give_account(&browser, id).await;
            browser.wait_for_path("/settings/sessions").await;
            let who = "return fetch('/api/session').then((answer) => answer.json())";
            let who = browser.script(who, vec![]).await;
            let told = json!({
                "Id": id, "UserName": name, "DisplayName": name, "IsAdmin": administers,
            });
            assert_eq!(who["Data"], told);
        }
        let browser = Browser::open(&BrowserOptions::default()).await;
        browser.goto(&server.url("/signin")).await;
        browser.link(BUTTON).await.click().await;
        give_account(&browser, STRANGER).await;
        browser
            .wait_for_text("Your account at ATS Security has no access to this service.")
            .await;
    }
}
