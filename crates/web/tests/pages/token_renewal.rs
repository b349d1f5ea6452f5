//! Tokens that regenerate themselves, and tokens that are used after their end, as their owner sees
//! them.

use ats_pat_service::Regeneration;
use ats_pat_test_support::world::{ADDRESS, DAY, code};
use secrecy::ExposeSecret as _;

use crate::fixture::{Browser, Page, Site, TOKENS};

/// Fills in the form for a new token and saves it.
async fn save(browser: &mut Browser, renews_until: &str) -> Page {
    let form = browser.get(&format!("{TOKENS}/new")).await;
    let key = form.value("form_key").to_owned();
    let fields = [
        ("form_key", key.as_str()),
        ("name", "pipeline"),
        ("expiration", "7"),
        ("renews_until", renews_until),
    ];
    browser.post(TOKENS, &fields).await
}

#[tokio::test]
async fn a_person_lets_a_token_regenerate_itself_until_a_day() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let until = site.world.now().after(DAY * 30).to_string();
    let issued = save(&mut browser, &until[..10]).await;
    let secret = issued.secret().expect("a token").to_owned();
    let service = &site.world.service;
    let shown = [secret.as_bytes()];
    let holder = service.authenticate_holder(&shown, ADDRESS).await.unwrap();
    let renewed = service.regenerate_itself(&holder, None).await.unwrap();
    let page = browser.get(&format!("{TOKENS}/{}", renewed.id)).await;
    assert!(page.text.contains("May regenerate itself until"));
    assert!(page.text.contains("Token asked for a new secret"));
}

#[tokio::test]
async fn a_day_that_is_none_or_too_far_is_refused_at_its_field() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    for (day, said) in [
        ("soon", "Choose the last day."),
        ("2001-01-01", "Choose a day from today until"),
        ("2199-01-01", "Choose a day from today until"),
    ] {
        let page = save(&mut browser, day).await;
        assert_eq!(page.secret(), None);
        let error = format!("<p class=\"error\" id=\"renews-error\">{said}");
        assert!(page.text.contains(&error), "{day}");
        assert_eq!(page.text.matches("class=\"error\"").count(), 1, "{day}");
    }
    let issued = save(&mut browser, "").await;
    let secret = issued.secret().expect("a token").to_owned();
    let shown = [secret.as_bytes()];
    let service = &site.world.service;
    let holder = service.authenticate_holder(&shown, ADDRESS).await.unwrap();
    assert_eq!(code(service.regenerate_itself(&holder, None).await), 1208);
}

#[tokio::test]
async fn a_token_that_is_used_after_its_end_is_shown_in_list_and_page() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let by = site.world.sign_in("ada").await;
    let issued = site.world.create(&by, "nightly", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let path = format!("{TOKENS}/{id}");
    let unused = browser.get(&path).await;
    assert!(!unused.text.contains("was used:"));

    let service = &site.world.service;
    let anew = service.regenerate_token(&by, &id, Regeneration::default());
    anew.await.unwrap();
    let old = issued.secret.expose_secret().to_owned();
    assert_eq!(code(site.world.exchange(&old.into()).await), 1201);
    service.flush().await;
    let list = browser.get(TOKENS).await;
    assert!(list.text.contains("Old token used"));
    let page = browser.get(&path).await;
    assert!(
        page.text
            .contains("A token that had been replaced or revoked was used:")
    );
    assert!(page.text.contains("Ended secret used"));
}
