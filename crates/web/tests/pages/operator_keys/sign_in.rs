//! A key needs a recent sign-in by an administrator, and signing in again loses nothing typed.

use std::time::Duration;

use ats_pat_domain::operator_key::Right;
use ats_pat_test_support::world::PASSWORD;

use super::scene::{FIELD, KEYS, NAVIGATION, add, assert_typed, form_key, keys, secret, typed};
use crate::fixture::Site;

#[tokio::test]
async fn an_old_sign_in_asks_for_the_password_and_keeps_what_was_typed() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let page = root.get(KEYS).await;
    assert!(!page.text.contains(FIELD));
    let key = page.value("form_key").to_owned();
    site.world.clock.advance(Duration::from_mins(16));
    assert!(root.get(KEYS).await.text.contains(FIELD), "asked at once");
    for (password, status, error) in [
        ("", 403, "Enter your password."),
        ("wrong-horse-1", 401, "This is not your password."),
    ] {
        let mut fields = typed(&key);
        fields.push(("your_password", password));
        let late = root.post(KEYS, &fields).await;
        assert_eq!(late.status, status);
        assert_eq!(late.error_at("your_password"), error);
        assert_typed(&late);
        assert_eq!(late.value("name"), "SIEM &#60;east&#62;");
        assert_eq!(late.value("form_key"), key, "nothing was made with it");
        assert!(late.text.contains("value=\"60\" selected"));
        assert!(!late.text.contains("wrong-horse-1"));
    }
    assert!(keys(&site).await.is_empty());
    let mut fields = typed(&key);
    fields.push(("your_password", PASSWORD));
    let made = root.post(KEYS, &fields).await;
    assert!(secret(&made).is_some(), "{}", made.text);
    assert!(!made.text.contains(PASSWORD) && !made.text.contains(FIELD));
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let site = Site::start().await;
    let mut root = site.administrator("root").await;
    let key = form_key(&mut root).await;
    root.post("/signout", &[]).await;
    let sign_in = root.post(KEYS, &typed(&key)).await;
    assert_eq!(sign_in.status, 401);
    let kept = sign_in.value("kept").replace("&#38;", "&");
    assert!(!kept.contains("your_password"), "{kept}");
    let fields = [
        ("user_name", "root"),
        ("password", PASSWORD),
        ("next", sign_in.value("next")),
        ("kept", &kept),
    ];
    let form = root.post("/signin", &fields).await;
    assert_eq!(form.status, 200);
    assert_typed(&form);
    assert_eq!(form.value("name"), "SIEM &#60;east&#62;");
    assert!(form.text.contains("Your entries are here again."));
    assert!(keys(&site).await.is_empty(), "nothing is made by itself");

    // Whoever signs in instead and is no administrator gets nothing of it.
    site.signed_in("eve").await;
    root.post("/signout", &[]).await;
    let fields = [
        ("user_name", "eve"),
        ("password", PASSWORD),
        ("next", KEYS),
        ("kept", &kept),
    ];
    let refused = root.post_and_follow("/signin", &fields).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.text.contains("SIEM"));
}

#[tokio::test]
async fn whoever_is_no_administrator_sees_and_changes_nothing() {
    let site = Site::start().await;
    let id = add(&site, "Terraform", &[Right::Administrators]).await;
    let mut eve = site.signed_in("eve").await;
    assert!(
        !eve.get("/settings/sessions")
            .await
            .text
            .contains(NAVIGATION)
    );
    let key = eve
        .get("/settings/personal-access-tokens")
        .await
        .value("form_key")
        .to_owned();
    let revoke = format!("{KEYS}/{id}/revoke");
    for path in [KEYS, "/settings/operator-keys/new", &revoke] {
        let page = eve.get(path).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.text.contains("Administrators only"), "{path}");
        assert!(!page.text.contains("Terraform"), "{path}");
    }
    for (path, fields) in [(KEYS, typed(&key)), (&revoke, Vec::new())] {
        assert_eq!(eve.post(path, &fields).await.status, 403, "{path}");
    }
    // Nor is a password of eve's asked for.
    site.world.clock.advance(Duration::from_mins(16));
    let late = eve.post(KEYS, &typed(&key)).await;
    assert_eq!(late.status, 403);
    assert!(!late.text.contains(FIELD));
    let mut nobody = site.browser();
    for path in [KEYS, &revoke] {
        let page = nobody.get(path).await;
        assert!(page.leads_to().starts_with("/signin"), "{path}");
    }
    assert_eq!(keys(&site).await.len(), 1);
    assert!(site.world.told("operator_key.revoked").await.is_empty());
}
