//! Revoking several tokens at once: those that were chosen, and all that a filter finds.

use std::time::Duration;

use ats_pat_domain::Status;
use ats_pat_test_support::world::{DAY, PASSWORD, code};

use crate::fixture::{Page, Site};

#[track_caller]
fn assert_has(page: &Page, text: &str) {
    assert!(page.text.contains(text), "{text} in {}", page.text);
}

/// What of a page is between these.
fn between<'a>(page: &'a str, before: &str, after: &str) -> &'a str {
    let rest = page.split_once(before).unwrap().1;
    rest.split_once(after).unwrap().0
}

#[tokio::test]
async fn several_tokens_are_chosen_and_revoked_together() {
    let site = Site::start().await;
    let ada = site.world.signed_in("ada").await;
    let mut ids = Vec::new();
    for name in ["ci", "cd", "stays"] {
        let issued = site.world.create(&ada, name, DAY).await.unwrap();
        ids.push(issued.token.id.to_string());
    }
    let mut root = site.administrator("root").await;
    let table = root.get("/settings/all-tokens").await;
    assert_has(&table, "aria-label=\"Choose ci of ada\"");
    let chosen = format!(
        "/settings/all-tokens/revoke-chosen?owner=ada&token={}&token={}&token=nonsense",
        ids[0], ids[1]
    );
    let ask = root.get(&chosen).await;
    assert_has(&ask, "Revoke these 2 tokens?");
    assert_has(&ask, "cd of ada");
    let action = between(&ask.text, "action=\"/settings/all-tokens", "\"");
    assert_eq!(action, "/revoke-chosen?owner=ada");
    let fields = [("token", ids[0].as_str()), ("token", ids[1].as_str())];
    let done = root
        .post_and_follow(&format!("/settings/all-tokens{action}"), &fields)
        .await;
    assert_has(&done, "2 tokens are revoked.");
    let tokens = site.world.service.operator();
    for (id, status) in ids
        .iter()
        .zip([Status::Revoked, Status::Revoked, Status::Active])
    {
        assert_eq!(tokens.token(id).await.unwrap().token.status, status);
    }
    // Nothing that is active is left of them, and nothing was chosen.
    for address in [chosen.as_str(), "/settings/all-tokens/revoke-chosen"] {
        let nothing = root.get(address).await;
        assert_eq!(nothing.status, 400);
        assert_has(&nothing, "Choose at least one active token.");
    }
}

#[tokio::test]
async fn all_that_a_filter_finds_is_revoked_by_a_job() {
    let site = Site::start().await;
    let ada = site.world.signed_in("ada").await;
    for number in 0..3 {
        let name = format!("old {number}");
        site.world.create(&ada, &name, DAY * 3).await.unwrap();
    }
    site.world.clock.advance(DAY * 2 + Duration::from_secs(1));
    let eve = site.world.signed_in("eve").await;
    let new = site.world.create(&eve, "new", DAY).await.unwrap();
    let mut root = site.administrator("root").await;
    let listed = root.get("/settings/all-tokens?unused=2").await;
    assert_has(&listed, "old 2");
    assert!(!listed.text.contains("new of eve"));
    assert_has(
        &listed,
        "href=\"/settings/all-tokens/revoke-found?unused=2\"",
    );
    // Without a filter nothing is asked, and where none is found neither.
    let all = root.get("/settings/all-tokens").await;
    assert!(!all.text.contains("revoke-found"));
    let none = root
        .get("/settings/all-tokens/revoke-found?unused=90")
        .await;
    assert_eq!(none.status, 404);
    assert_has(&none, "No active token was found.");

    let found = "/settings/all-tokens/revoke-found?unused=2";
    let ask = root.get(found).await;
    assert_has(&ask, "Revoke all 3 active tokens found?");
    assert_has(&ask, "<dt>Unused for days</dt><dd>2</dd>");
    assert_has(&ask, "old 0 of ada");
    let other = root.post(found, &[("count", "2")]).await;
    assert_eq!(other.status, 409);
    assert_has(&other, "Revoke all 3 active tokens found?");
    assert_has(&other, "2 tokens were confirmed, but 3 match now");

    let begun = root.post(found, &[("count", "3")]).await;
    assert_eq!(begun.status, 303);
    let address = begun.leads_to().to_owned();
    let running = root.get(&address).await;
    assert_eq!(running.headers["refresh"], "3");
    assert_has(&running, "0 of 3 tokens are revoked");
    let job = address.rsplit('/').next().unwrap().parse().unwrap();
    let service = &site.world.service;
    service.finish_bulk_job(job, |_, _| {}).await.unwrap();
    let over = root.get(&address).await;
    assert!(over.headers.get("refresh").is_none());
    assert_has(&over, "3 of 3 tokens are revoked and refused everywhere.");
    assert_has(&over, "The revocation is over.");
    assert_eq!(code(site.world.exchange(&new.secret).await), 1);
    let gone = root.get("/settings/all-tokens/jobs/nonsense").await;
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn revoking_all_that_is_found_asks_for_the_password_after_a_while() {
    let site = Site::start().await;
    let ada = site.world.signed_in("ada").await;
    site.world.create(&ada, "ci", DAY).await.unwrap();
    let mut root = site.administrator("root").await;
    site.world.clock.advance(Duration::from_mins(16));
    let found = "/settings/all-tokens/revoke-found?owner=ada";
    assert_has(&root.get(found).await, "name=\"your_password\"");
    let without = root.post(found, &[("count", "1")]).await;
    assert_eq!(without.status, 403);
    let wrong = [("count", "1"), ("your_password", "wrong")];
    assert_eq!(root.post(found, &wrong).await.status, 401);
    let right = [("count", "1"), ("your_password", PASSWORD)];
    assert_eq!(root.post(found, &right).await.status, 303);
}
