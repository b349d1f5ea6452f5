//! What the running server finds by itself.

use std::sync::Arc;

use ats_pat_service::{Regeneration, Service};
use ats_pat_test_support::world::DAY;
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{Scene, scene};

/// What readiness says of rows, after every owner was looked at.
async fn told(service: &Service) -> String {
    service.verify_rows().await.unwrap();
    let checks = service.health().await;
    let rows = checks.into_iter().find(|check| check.name == "rows");
    rows.unwrap().message
}

async fn assert_told(database: &TestDatabase, alter: &[&str]) {
    let scene = scene(database).await;
    let service = &scene.world.service;
    assert_eq!(told(service).await, "agree with the event log");
    for sql in alter {
        database.execute(sql).await;
    }
    let message = told(service).await;
    assert!(message.contains("1 row differs"), "{alter:?}: {message}");
    // It is told again and again, and counted once.
    assert_eq!(told(service).await, message);
}

#[on_every_database]
async fn rows_without_their_event_are_found_by_the_running_server(database: &TestDatabase) {
    let no_event = "UPDATE events SET details = REPLACE_ROWS WHERE kind = 'token.created'";
    let empty = database.bytes_literal(b"{}");
    let no_event = no_event.replace("REPLACE_ROWS", &empty);
    let scene = scene(database).await;
    database.execute(&no_event).await;
    let message = told(&scene.world.service).await;
    // The event, the token, and its secret.
    assert!(message.contains("3 rows differ"), "{message}");
}

#[on_every_database(each = [
    ["UPDATE users SET is_admin = NOT is_admin"].as_slice(),
    &["UPDATE tokens SET generation = generation + 1"],
    &[
        "DELETE FROM token_usage",
        "DELETE FROM status_places",
        "DELETE FROM secrets",
    ],
])]
async fn rows_that_were_put_back_altered_or_removed_are_found_by_the_running_server(
    database: &TestDatabase,
    alter: &[&str],
) {
    assert_told(database, alter).await;
}

/// Only SQLite takes what is no number.
#[tokio::test]
async fn a_set_up_link_that_cant_be_read_keeps_no_other_row_from_being_found() {
    let database = ats_pat_test_support::sqlite();
    let scene = scene(&database).await;
    let service = &scene.world.service;
    assert_eq!(told(service).await, "agree with the event log");
    service.make_setup_link().await.unwrap().unwrap();
    for sql in [
        "UPDATE setup_link SET expires_at = 'x'",
        "UPDATE users SET is_admin = NOT is_admin",
    ] {
        database.execute(sql).await;
    }
    let message = told(service).await;
    assert!(message.contains("2 rows differ"), "{message}");
}

/// The same token again and again, so that two looks may both meet it in the middle of a change.
async fn change_again_and_again(scene: &Scene) {
    let issued = scene.world.create(&scene.ada, "again", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    for _ in 0..40 {
        let again = Regeneration::default();
        let service = &scene.world.service;
        let regenerated = service.regenerate_token(&scene.ada, &id, again).await;
        regenerated.unwrap();
    }
}

#[on_every_database(flavor = "multi_thread")]
async fn changes_meanwhile_are_no_finding(database: &TestDatabase) {
    let scene = Arc::new(scene(database).await);
    let busy = tokio::spawn({
        let scene = Arc::clone(&scene);
        async move { change_again_and_again(&scene).await }
    });
    let service = &scene.world.service;
    while !busy.is_finished() {
        assert_eq!(told(service).await, "agree with the event log");
        let report = service.operator().verify_audit().await.unwrap();
        assert_eq!(report.findings, Vec::<String>::new());
    }
    busy.await.unwrap();
}
