//! Forms that need a recent sign-in ask for the password, and nothing that was typed is lost.

use std::time::Duration;

use ats_pat_service::{Acting, Owner};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, code};

use crate::fixture::{Browser, Page, Site, TOKENS};

const SESSION: &str = "__Host-ats_session";
const FIELD: &str = "name=\"your_password\"";
const WHY: &str = "You signed in more than 15 minutes ago. Enter your password once more.";
const NEW: &str = "copper-lantern-river-17";

/// The policy asks for a sign-in in the last quarter of an hour.
async fn site() -> Site {
    Site::start_with(|settings| settings.policy.base.recent_sign_in_minutes = 15).await
}

/// Lets the sign-in get too old.
fn pass(site: &Site) {
    site.world.clock.advance(Duration::from_mins(16));
}

/// A form with something in every field.
fn typed<'a>(key: &'a str, password: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("form_key", key),
        ("name", "nightly <build>"),
        ("description", "fetches orders"),
        ("expiration", "90"),
        ("rights", "chosen"),
        ("scopes", "orders:write"),
        ("networks", "10.0.0.0/8\n192.0.2.7"),
        ("renews_until", "2026-12-24"),
    ];
    if !password.is_empty() {
        fields.push(("your_password", password));
    }
    fields
}

/// The form is there again with all that was typed, and asks for the password.
fn assert_typed(page: &Page) {
    assert_eq!(page.value("name"), "nightly &#60;build&#62;");
    for kept in [
        ">fetches orders</textarea>",
        "value=\"90\" selected",
        "value=\"orders:write\" checked",
        "10.0.0.0/8\n192.0.2.7</textarea>",
        "name=\"renews_until\" type=\"date\" value=\"2026-12-24\"",
        "open data-modal",
        WHY,
        "autocomplete=\"current-password\"",
    ] {
        assert!(page.text.contains(kept), "{kept}: {}", page.text);
    }
    assert_eq!(page.secret(), None);
    assert!(!page.text.contains(PASSWORD));
}

#[tokio::test]
async fn a_form_that_is_posted_too_late_asks_for_the_password_and_keeps_what_was_typed() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let page = ada.get(TOKENS).await;
    assert!(!page.text.contains(FIELD));
    let key = page.value("form_key").to_owned();
    let before = ada.cookie(SESSION).unwrap().to_owned();
    pass(&site);

    let late = ada.post(TOKENS, &typed(&key, "")).await;
    assert_eq!(late.status, 403);
    assert_typed(&late);
    assert_eq!(late.error_at("your_password"), "Enter your password.");
    let wrong = ada.post(TOKENS, &typed(&key, "wrong-horse-1")).await;
    assert_eq!(wrong.status, 401);
    assert_typed(&wrong);
    assert_eq!(
        wrong.error_at("your_password"),
        "This is not your password."
    );
    assert!(!wrong.text.contains("wrong-horse-1"));
    assert_eq!(ada.cookie(SESSION), Some(before.as_str()));
    assert_eq!(made(&site).await, 0);

    assert_eq!(wrong.value("form_key"), key, "nothing was made with it");
    let right = ada.post(TOKENS, &typed(&key, PASSWORD)).await;
    assert_eq!(right.status, 200, "{}", right.text);
    assert!(right.secret().is_some());
    assert!(!right.text.contains(PASSWORD) && !right.text.contains(FIELD));
    assert_ne!(ada.cookie(SESSION), Some(before.as_str()));
    let mut thief = site.browser();
    thief.set_cookie(SESSION, &before);
    assert_eq!(thief.get("/").await.status, 303, "the session before ended");

    // The page is loaded again: the browser posts all of it once more.
    let again = ada.post(TOKENS, &typed(&key, PASSWORD)).await;
    assert_eq!((again.status, again.secret()), (409, None));
    assert_eq!(made(&site).await, 1);
}

/// How many tokens were made.
async fn made(site: &Site) -> usize {
    site.world.told("token.created").await.len()
}

#[tokio::test]
async fn a_form_that_is_shown_too_late_asks_at_once() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    pass(&site);
    for path in [TOKENS, "/settings/personal-access-tokens/new?name=ci"] {
        let page = ada.get(path).await;
        assert_eq!(page.text.matches(FIELD).count(), 1, "{path}");
        assert!(page.text.contains(WHY), "{path}");
        assert!(!page.text.contains("your_password-error"), "{path}");
    }
}

#[tokio::test]
async fn a_session_is_confirmed_although_the_form_is_refused() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let key = ada.get(TOKENS).await.value("form_key").to_owned();
    pass(&site);
    let fields = [
        ("form_key", key.as_str()),
        ("name", ""),
        ("expiration", "30"),
        ("your_password", PASSWORD),
    ];
    let refused = ada.post(TOKENS, &fields).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("Enter a name."));
    assert!(!refused.text.contains(FIELD), "the sign-in is recent now");
    assert_eq!(ada.get("/").await.status, 200);
    // Also where the answer is no form at all.
    pass(&site);
    let unknown = "/settings/personal-access-tokens/x/regenerate";
    let fields = [("generation", "1"), ("your_password", PASSWORD)];
    assert_eq!(ada.post(unknown, &fields).await.status, 404);
    assert_eq!(ada.get("/").await.status, 200);
}

#[tokio::test]
async fn passwords_are_limited_there_too() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let key = ada.get(TOKENS).await.value("form_key").to_owned();
    pass(&site);
    for _ in 0..10 {
        ada.post(TOKENS, &typed(&key, "wrong-horse-1")).await;
    }
    let limited = ada.post(TOKENS, &typed(&key, PASSWORD)).await;
    assert_eq!(limited.status, 429);
    assert!(limited.headers.contains_key("retry-after"));
    assert_typed(&limited);
    let error = limited.error_at("your_password");
    assert!(error.starts_with("Too many attempts"), "{error}");
}

/// Everything about a token of ada's that is regenerated too late: the table's question asks, and
/// so does the page that asks the same.
async fn regenerate_late(site: &Site, ada: &mut Browser, tokens: &str, id: &str) {
    let table = ada.get(tokens).await;
    assert_eq!(table.text.matches(FIELD).count(), 2, "{}", table.text);
    let path = format!("{tokens}/{id}/regenerate?search=c");
    let chosen = [("generation", "1"), ("overlap", "24"), ("expiration", "7")];
    let late = ada.post(&path, &chosen).await;
    assert_eq!(late.status, 403);
    assert_eq!(late.error_at("your_password"), "Enter your password.");
    for kept in [
        "<h1>Regenerate “ci”?</h1>",
        "<option value=\"24\" selected>",
        "<option value=\"7\" selected>",
        "/regenerate?search=c\"",
    ] {
        assert!(late.text.contains(kept), "{kept}: {}", late.text);
    }
    assert_eq!(late.value("generation"), "1");
    let mut fields = chosen.to_vec();
    fields.push(("your_password", "wrong-horse-1"));
    let wrong = ada.post(&path, &fields).await;
    assert_eq!(wrong.status, 401);
    assert_eq!(
        wrong.error_at("your_password"),
        "This is not your password."
    );
    assert!(site.world.told("token.regenerated").await.is_empty());
    fields.pop();
    fields.push(("your_password", PASSWORD));
    let right = ada.post(&path, &fields).await;
    assert!(right.secret().is_some(), "{}", right.text);
    assert!(right.text.contains("The old one works for a while."));
    assert_eq!(right.value("search"), "c", "the table is the same part");
}

#[tokio::test]
async fn a_token_is_regenerated_by_the_password_as_it_was_chosen() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    let issued = site.world.create(&by, "ci", DAY).await.unwrap();
    pass(&site);
    let id = issued.token.id.to_string();
    regenerate_late(&site, &mut ada, TOKENS, &id).await;
    pass(&site);
    let revoked = format!("{TOKENS}/{id}/revoke");
    assert_eq!(ada.post(&revoked, &[]).await.status, 303, "never asked");
    let late = ada.post(&format!("{TOKENS}/{id}/regenerate"), &[]).await;
    assert_eq!(late.status, 409);
    assert!(late.says("alert").contains("revoked"), "{}", late.text);
}

#[tokio::test]
async fn the_tokens_of_a_service_account_ask_as_ones_own() {
    let site = site().await;
    let mut ada = site.signed_in("ada").await;
    let account = site.world.add_service_account("deploy", "ada").await.id;
    let by = site.world.sign_in("ada").await;
    let acting = Acting::on(&by, Owner::ServiceAccount(account));
    let issued = site.world.create(acting, "ci", DAY).await.unwrap();
    pass(&site);
    let tokens = format!("/settings/service-accounts/{account}/tokens");
    regenerate_late(&site, &mut ada, &tokens, &issued.token.id.to_string()).await;
    pass(&site);
    let key = ada.get(&tokens).await.value("form_key").to_owned();
    let late = ada.post(&tokens, &typed(&key, "")).await;
    assert_eq!(late.status, 403);
    assert_typed(&late);
    let right = ada.post(&tokens, &typed(&key, PASSWORD)).await;
    assert!(right.secret().is_some(), "{}", right.text);
}

#[tokio::test]
async fn administrators_are_asked_before_they_give_passwords_whatever_the_policy() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let new = |own: &'static str| {
        let mut fields = vec![
            ("user_name", "grace"),
            ("display_name", "Grace <H>"),
            ("password", NEW),
            ("password_repeat", NEW),
            ("is_admin", "yes"),
        ];
        fields.push(("your_password", own));
        fields
    };
    assert!(!root.get("/settings/users").await.text.contains(FIELD));
    pass(&site);
    assert!(root.get("/settings/users").await.text.contains(WHY));
    for (own, status, error) in [
        ("", 403, "Enter your password."),
        ("wrong-horse-1", 401, "This is not your password."),
    ] {
        let late = root.post("/settings/users", &new(own)).await;
        assert_eq!(late.status, status);
        assert_eq!(late.error_at("your_password"), error);
        assert_eq!(late.value("user_name"), "grace");
        assert_eq!(late.value("display_name"), "Grace &#60;H&#62;");
        assert!(
            late.text
                .contains("name=\"is_admin\" value=\"yes\" checked")
        );
        for password in [PASSWORD, NEW, "wrong-horse-1"] {
            assert!(!late.text.contains(password), "{password}");
        }
    }
    assert_eq!(site.world.told("user.created").await.len(), 1);
    let added = root
        .post_and_follow("/settings/users", &new(PASSWORD))
        .await;
    assert_eq!(added.says("status"), "The user grace is added.");

    pass(&site);
    let path = "/settings/users/password";
    let form = root.get(&format!("{path}?user=grace")).await;
    assert!(form.text.contains(WHY) && form.text.contains(FIELD));
    let set = |own: &'static str| {
        [
            ("user_name", "grace"),
            ("password", PASSWORD),
            ("password_repeat", PASSWORD),
            ("revoke_tokens", "yes"),
            ("your_password", own),
        ]
    };
    for (own, status) in [("", 403), ("wrong-horse-1", 401)] {
        let late = root.post(path, &set(own)).await;
        assert_eq!(late.status, status);
        assert!(!late.error_at("your_password").is_empty());
        assert_eq!(late.value("user_name"), "grace");
        assert!(
            late.text
                .contains("name=\"revoke_tokens\" value=\"yes\" checked")
        );
        assert!(!late.text.contains(PASSWORD));
    }
    assert!(site.world.told("user.password_set").await.is_empty());
    let done = root.post_and_follow(path, &set(PASSWORD)).await;
    assert!(!done.says("status").is_empty(), "{}", done.text);
    let service = &site.world.service;
    let sign_in = service.sign_in("grace", &PASSWORD.into(), ADDRESS).await;
    assert_eq!(code(sign_in), 1);
}

#[tokio::test]
async fn whoever_is_no_administrator_is_not_asked_but_refused() {
    let site = Site::start().await;
    let mut eve = site.signed_in("eve").await;
    pass(&site);
    for path in ["/settings/users", "/settings/users/password"] {
        let page = eve.post(path, &[("user_name", "ada")]).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(!page.text.contains(FIELD), "{path}");
    }
}
