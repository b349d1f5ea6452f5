//! A database of the release before is taken over. Rights go on, revocations stay, and rows that
//! were put back or planted before grant nothing. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod beside;
mod former;

use std::time::Duration;

use ats_pat_service::{ArchivedPart, OpenError, Pruning, Regeneration, Service, SignedIn};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use former::Former;

/// Every table with tags, and its key.
const TAGGED: [(&str, &str); 7] = [
    ("users", "id"),
    ("sessions", "id_hash"),
    ("tokens", "id"),
    ("secrets", "hash"),
    ("status_places", "place"),
    ("signing_keys", "kid"),
    ("setup_link", "id"),
];
const UPGRADES: &str = "SELECT count(*) FROM events WHERE kind = 'database.upgraded'";

async fn exchange(service: &Service, former: &Former<'_>, name: &str) -> u32 {
    let secret = former.known(name).as_bytes();
    code(service.exchange(&[secret], ADDRESS).await)
}

async fn sign_in(service: &Service, name: &str) -> u32 {
    code(service.sign_in(name, &PASSWORD.into(), ADDRESS).await)
}

/// Rights go on, and so do sessions from before.
async fn assert_alive(service: &Service, former: &Former<'_>) -> SignedIn {
    assert_eq!(exchange(service, former, "alive").await, 1);
    assert_eq!(sign_in(service, "ada").await, 1);
    service.authenticate(former.known("session")).await.unwrap()
}

/// Revocations stay, whatever the rows say.
async fn assert_taken(service: &Service, former: &Former<'_>) {
    for name in ["ended", "revoked", "replaced", "later", "disabled"] {
        assert_ne!(exchange(service, former, name).await, 1, "{name}");
    }
    for name in ["bob", "dora"] {
        assert_ne!(sign_in(service, name).await, 1, "{name}");
    }
    let ended = service.authenticate(former.known("ended-session")).await;
    assert_eq!(code(ended), 1100);
    let link = former.known("set-up-code");
    assert!(
        service
            .set_up(link, "mallory", &PASSWORD.into(), ADDRESS)
            .await
            .is_err()
    );
    assert_eq!(service.jwks().await.unwrap().keys().len(), 1);
}

/// Restarted, and once more without the checkpoint.
async fn services(world: &World) -> [Service; 3] {
    world.service.flush().await;
    let again = world.reopen().await.unwrap();
    again.flush().await;
    std::fs::remove_file(world.folder().join("checkpoint")).unwrap();
    [world.service.clone(), again, world.reopen().await.unwrap()]
}

/// Copies the tags, so that [`changed`] can tell which changed.
async fn copy_tags(database: &TestDatabase) {
    for (table, key) in TAGGED {
        let copy = format!(
            "CREATE TABLE was_{table} AS SELECT {key} AS was_key, tag AS was_tag FROM {table}"
        );
        database.execute(&copy).await;
    }
}

/// How many tags differ from the copies.
async fn changed(database: &TestDatabase) -> i64 {
    let mut all = 0;
    for (table, key) in TAGGED {
        let changed = format!(
            "SELECT count(*) FROM {table} JOIN was_{table} ON {key} = was_key WHERE tag <> was_tag"
        );
        all += database.number(&changed).await;
    }
    all
}

#[on_every_database]
async fn an_upgrade_keeps_rights_and_revocations(database: &TestDatabase) {
    let former = Former::load(database).await;
    let world = former.open().await.unwrap();
    for service in services(&world).await {
        assert_alive(&service, &former).await;
        assert_eq!(exchange(&service, &former, "renewed").await, 1);
        assert_taken(&service, &former).await;
    }
    assert_eq!(world.findings().await, Vec::<String>::new());
    assert_eq!(database.number(UPGRADES).await, 1);

    let ada = assert_alive(&world.service, &former).await;
    let made = world.create(&ada, "made since", DAY).await.unwrap();
    assert_eq!(code(world.exchange(&made.secret).await), 1);
    let revoked = world.service.revoke_token(&ada, former.known("alive-id"));
    assert_eq!(code(revoked.await), 1);
    assert_ne!(exchange(&world.service, &former, "alive").await, 1);
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn rows_that_were_put_back_before_an_upgrade_grant_nothing_and_are_reported_for_ever(
    database: &TestDatabase,
) {
    let former = Former::load(database).await;
    former.put_back().await;
    let alien = "UPDATE users SET kind = 'alien' WHERE name = 'eve'";
    database.execute(alien).await;
    let world = former.open().await.unwrap();
    let found = world.findings().await;
    for table in TAGGED.map(|(table, _)| table) {
        let of_table = format!(" of {table} ");
        assert!(
            found.iter().any(|finding| finding.contains(&of_table)),
            "none of {table} in {found:?}"
        );
    }
    for service in services(&world).await {
        assert_alive(&service, &former).await;
        assert_taken(&service, &former).await;
    }

    let ada = assert_alive(&world.service, &former).await;
    let anew =
        world
            .service
            .regenerate_token(&ada, former.known("alive-id"), Regeneration::default());
    assert_eq!(code(anew.await), 1);
    world.add_user("grace").await;
    let now = world.findings().await;
    for finding in &found {
        assert!(now.contains(finding), "no `{finding}` in {now:?}");
    }
    assert_taken(&world.service, &former).await;
}

#[on_every_database]
async fn the_last_use_of_a_session_from_before_an_upgrade_does_not_count(database: &TestDatabase) {
    let former = Former::load(database).await;
    // Nothing proves this time, because the former release wrote it without a tag.
    let later = "UPDATE sessions SET last_seen_at = last_seen_at + 1800000";
    database.execute(later).await;
    let world = former.open_after(Duration::from_mins(31)).await.unwrap();
    let session = world.service.authenticate(former.known("session")).await;
    assert_eq!(code(session), 1100);
    assert_eq!(sign_in(&world.service, "ada").await, 1);
}

#[on_every_database]
async fn an_altered_event_stops_the_upgrade_and_no_row_is_changed(database: &TestDatabase) {
    let former = Former::load(database).await;
    copy_tags(database).await;
    let details = database.bytes_literal(b"{}");
    let alter = format!("UPDATE events SET details = {details} WHERE seq = 9");
    database.execute(&alter).await;
    for _ in 0..2 {
        let refused = former.open().await.err();
        assert!(
            matches!(&refused, Some(OpenError::LogNotWhole { seq }) if seq == "9"),
            "{refused:?}"
        );
    }
    assert_eq!(changed(database).await, 0);
    assert_eq!(database.number(UPGRADES).await, 0);
}

#[on_every_database]
async fn a_database_is_upgraded_once(database: &TestDatabase) {
    let former = Former::load(database).await;
    let world = former.open().await.unwrap();
    copy_tags(database).await;
    let again = world.reopen().await.unwrap();
    assert_eq!(changed(database).await, 0);
    assert_eq!(database.number(UPGRADES).await, 1);
    assert_alive(&again, &former).await;
}

/// Rows that no change wrote since the upgrade are compared with events of the release before.
#[on_every_database]
async fn what_the_release_before_wrote_is_verified_after_old_events_were_removed(
    database: &TestDatabase,
) {
    let former = Former::load(database).await;
    let world = former.open().await.unwrap();
    world.clock.advance(2 * DAY);
    assert_eq!(sign_in(&world.service, "ada").await, 1);
    let (file, operator) = (world.folder().join("old.jsonl"), world.service.operator());
    let old = ArchivedPart {
        after: None,
        before: Some(world.now().before(DAY)),
    };
    operator.archive_events(&file, &old).await.unwrap();
    let pruned = operator
        .prune_events(std::slice::from_ref(&file), Pruning::default())
        .await;
    let pruned = pruned.unwrap();
    assert!(pruned.removed > 0, "{pruned:?}");
    assert_eq!(world.findings().await, Vec::<String>::new());
    let report = operator.verify_audit_with(&[file]).await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());

    // A server that knows nothing yet.
    std::fs::remove_file(world.folder().join("anchor")).unwrap();
    let new = world.reopen().await.unwrap();
    assert_eq!(sign_in(&new, "ada").await, 1);
    assert_taken(&new, &former).await;
    former.put_back().await;
    assert_taken(&new, &former).await;
}

#[on_every_database]
async fn an_upgrade_that_was_interrupted_goes_on(database: &TestDatabase) {
    let former = Former::load(database).await;
    copy_tags(database).await;
    former.open().await.unwrap();
    // As if it had been interrupted before its event, with new tags for only some rows.
    database
        .execute("DELETE FROM events WHERE kind = 'database.upgraded'")
        .await;
    former.set_head_back().await;
    database
        .execute("UPDATE tokens SET tag = (SELECT was_tag FROM was_tokens WHERE was_key = id)")
        .await;
    let world = former.open().await.unwrap();
    assert_alive(&world.service, &former).await;
    assert_eq!(exchange(&world.service, &former, "renewed").await, 1);
    assert_taken(&world.service, &former).await;
    assert_eq!(world.findings().await, Vec::<String>::new());
    assert_eq!(database.number(UPGRADES).await, 1);
}

#[on_every_database]
async fn only_one_of_several_programs_finishes_the_upgrade(database: &TestDatabase) {
    let former = Former::load(database).await;
    let open = || Box::pin(former.open());
    let (one, two, three) = tokio::join!(open(), open(), open());
    for world in [one, two, three].map(Result::unwrap) {
        assert_alive(&world.service, &former).await;
        assert_taken(&world.service, &former).await;
        assert_eq!(world.findings().await, Vec::<String>::new());
    }
    assert_eq!(database.number(UPGRADES).await, 1);
}
