//! Tokens that exist: revoked, regenerated, and shown on their pages.

use super::{create, key, tokens, works};
use crate::fixture::{Site, TOKENS};

#[tokio::test]
async fn revoking_ends_the_token_and_says_so_once() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let made = create(&mut browser, "ci").await;
    let secret = made.secret().unwrap();
    let id = tokens(&site, "ada").await[0].id;
    let revoke = format!("{TOKENS}/{id}/revoke?status=Active");
    let answer = browser.post(&revoke, &[]).await;
    assert_eq!(answer.leads_to(), format!("{TOKENS}?status=Active"));
    assert!(!works(&site, secret).await);
    let page = browser.get(TOKENS).await;
    assert_eq!(
        page.says("status"),
        "“ci” is revoked. Scripts that use it are refused from now on."
    );
    assert!(
        page.text
            .contains("<span class=\"badge revoked\">Revoked</span>")
    );
    assert!(!page.text.contains("Regenerate ci?") && !page.text.contains("Revoke ci?"));
    assert_eq!(browser.get(TOKENS).await.says("status"), "");
    // Sent again it changes nothing.
    let before = site.events().await;
    browser.post(&revoke, &[]).await;
    let after = site.events().await;
    assert_eq!(before, after);
}

#[tokio::test]
async fn regenerating_shows_a_new_token_and_sent_twice_does_not() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let made = create(&mut browser, "ci").await;
    let old = made.secret().unwrap();
    let id = tokens(&site, "ada").await[0].id;
    let path = format!("{TOKENS}/{id}/regenerate");
    let page = browser.post(&path, &[("generation", "1")]).await;
    let new = page.secret().unwrap().to_owned();
    assert!(page.text.contains("has a new token"));
    assert!(!works(&site, old).await);
    assert!(works(&site, &new).await);
    let again = browser.post(&path, &[("generation", "1")]).await;
    assert_eq!((again.status, again.secret()), (409, None));
    assert!(
        again
            .says("alert")
            .starts_with("ci was already regenerated")
    );
    assert!(works(&site, &new).await);
    let nothing = browser.post(&path, &[]).await;
    assert_eq!(nothing.status, 400);
    assert!(works(&site, &new).await);
}

#[tokio::test]
async fn what_another_window_ended_is_refused_in_words() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    create(&mut browser, "ci").await;
    let id = tokens(&site, "ada").await[0].id;
    browser.post(&format!("{TOKENS}/{id}/revoke"), &[]).await;
    let page = browser
        .post(&format!("{TOKENS}/{id}/regenerate"), &[("generation", "1")])
        .await;
    assert_eq!((page.status, page.secret()), (409, None));
    assert_eq!(
        page.says("alert"),
        "ci is revoked: only an active token can be regenerated."
    );
}

#[tokio::test]
async fn another_users_token_and_none_are_the_same() {
    let site = Site::start().await;
    let mut ada = site.signed_in("ada").await;
    create(&mut ada, "hers").await;
    let id = tokens(&site, "ada").await[0].id.to_string();
    let mut eve = site.signed_in("eve").await;
    for action in ["revoke", "regenerate"] {
        let mut answers = Vec::new();
        for id in [
            id.as_str(),
            "0198c0de-0000-7000-8000-000000000000",
            "nonsense",
        ] {
            let page = eve
                .post(&format!("{TOKENS}/{id}/{action}"), &[("generation", "1")])
                .await;
            answers.push((
                page.status,
                page.says("alert").to_owned(),
                page.secret().is_some(),
            ));
        }
        let expected = (
            404,
            "You have no such personal access token.".to_owned(),
            false,
        );
        assert_eq!(answers, vec![expected; 3], "{action}");
    }
    assert_eq!(tokens(&site, "ada").await[0].generation, 1);
    assert!(!eve.get(TOKENS).await.text.contains("hers"));
}

#[tokio::test]
async fn all_that_there_is_to_know_of_a_token_stands_on_its_page() {
    let site = Site::start().await;
    let mut browser = site.signed_in("ada").await;
    let key = key(&mut browser).await;
    let description = "a long <description> ".repeat(20);
    let fields = [
        ("form_key", key.as_str()),
        ("name", "ci"),
        ("description", description.as_str()),
        ("expiration", "7"),
        ("rights", "chosen"),
        ("scopes", "orders:read"),
        ("networks", "10.0.0.0/8 192.0.2.7"),
    ];
    browser.post(TOKENS, &fields).await;
    let id = tokens(&site, "ada").await[0].id;
    let page = browser.get(&format!("{TOKENS}/{id}")).await;
    assert_eq!(page.status, 200);
    let shown = description
        .trim()
        .replace('<', "&#60;")
        .replace('>', "&#62;");
    for part in [
        shown.as_str(),
        "orders:read",
        "10.0.0.0/8",
        "192.0.2.7/32",
        &id.to_string(),
    ] {
        assert!(page.text.contains(part), "{part}");
    }
    let like = browser.get(&format!("{TOKENS}/new?like={id}")).await;
    assert_eq!(like.value("name"), "ci");
    assert!(like.text.contains("filled in from another token"));
    assert!(like.text.contains("value=\"orders:read\" checked"));
    let mut eve = site.signed_in("eve").await;
    for path in [format!("{TOKENS}/{id}"), format!("{TOKENS}/new?like={id}")] {
        let page = eve.get(&path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.text.contains("orders:read\" checked"), "{path}");
    }
}
