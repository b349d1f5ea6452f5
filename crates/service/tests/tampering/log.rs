//! The event log, and databases that went back.

use ats_pat_service::{EventQuery, OpenError, RestoreChoice, Rotation, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{Scene, assert_found, scene};

#[on_every_database(each = [
    (
        "UPDATE events SET actor = 'system' WHERE seq = 2",
        "event 2 was altered",
    ),
    (
        "UPDATE events SET at = at + 1 WHERE seq = 2",
        "event 2 was altered",
    ),
    (
        "UPDATE events SET details = personal_hash WHERE seq = 2",
        "event 2 was altered",
    ),
    (
        "DELETE FROM events WHERE seq = 2",
        "events 2 to 2 are missing",
    ),
    (
        "UPDATE event_personal SET data = salt WHERE seq = 2",
        "personal details of event 2 were altered",
    ),
])]
async fn an_event_changed_or_cut_from_the_middle_is_found(
    database: &TestDatabase,
    (statement, expected): (&str, &str),
) {
    let scene = scene(database).await;
    database.execute(statement).await;
    assert_found(&scene.world, expected).await;
}

#[on_every_database(each = [
    (i64::MAX, "9223372036854775806 are missing"),
    (0, "event 0 was planted"),
    (i64::MIN, "event -9223372036854775808 was planted"),
])]
async fn an_event_with_a_number_that_no_service_gives_is_found(
    database: &TestDatabase,
    (number, expected): (i64, &str),
) {
    let scene = scene(database).await;
    database.execute("DELETE FROM event_personal").await;
    let plant = format!("UPDATE events SET seq = {number} WHERE seq = 2");
    database.execute(&plant).await;
    assert_found(&scene.world, expected).await;
    let operator = scene.world.service.operator();
    let every = EventQuery::default();
    let read = operator.events_after(i64::MAX, &every);
    assert_eq!(read.await.unwrap(), (Vec::new(), i64::MAX));
}

#[on_every_database]
async fn behind_the_largest_number_changes_are_refused(database: &TestDatabase) {
    let scene = scene(database).await;
    database
        .execute(&format!("UPDATE event_head SET seq = {}", i64::MAX))
        .await;
    let late = scene.world.create(&scene.ada, "late", DAY).await;
    assert_eq!(code(late), 1503);
    assert_found(&scene.world, "its head says 9223372036854775807").await;
}

#[on_every_database]
async fn personal_details_can_be_erased_without_breaking_the_chain(database: &TestDatabase) {
    let scene = scene(database).await;
    database.execute("DELETE FROM event_personal").await;
    assert_eq!(scene.world.findings().await, Vec::<String>::new());
}

/// Takes the database back to before the last event, as a restored backup would.
async fn restore_to_before_the_last_event(database: &TestDatabase, head: i64) {
    database
        .execute(&format!("DELETE FROM event_personal WHERE seq = {head}"))
        .await;
    database
        .execute(&format!(
            "UPDATE event_head SET hash = (SELECT hash FROM events WHERE seq = {before}), seq = {before}",
            before = head - 1
        ))
        .await;
    database
        .execute(&format!("DELETE FROM events WHERE seq = {head}"))
        .await;
}

#[on_every_database(each = [RestoreChoice::Keep, RestoreChoice::RevokeAll])]
async fn a_database_behind_the_anchor_stops_the_start_until_the_restore_is_accepted(
    database: &TestDatabase,
    choice: RestoreChoice,
) {
    let Scene { world, issued, ada } = scene(database).await;
    // The last event is a sign-in. Without its session, the tables are as before it.
    world.sign_in("ada").await;
    world.service.flush().await;
    let head = world.store.events().head().await.unwrap().seq;
    database.execute("DELETE FROM sessions").await;
    restore_to_before_the_last_event(database, head).await;
    assert_found(&world, "events were cut off").await;
    let stopped = world.reopen().await;
    assert!(matches!(stopped, Err(OpenError::BehindAnchor { seq }) if seq == head));

    let accepted = Service::accept_restore(world.parts(), choice)
        .await
        .unwrap();
    assert_eq!(
        (accepted.given_up_seq, accepted.revoked),
        (head, u64::from(choice == RestoreChoice::RevokeAll))
    );
    let service = world.reopen().await.expect("the restore was accepted");
    let expected = if choice == RestoreChoice::Keep {
        1
    } else {
        1203
    };
    assert_eq!(exchanged(&service, &issued.secret).await, expected);
    assert_eq!(
        service.operator().verify_audit().await.unwrap().findings,
        Vec::<String>::new()
    );
    let again = Service::accept_restore(world.parts(), choice).await;
    assert!(matches!(
        again,
        Err(OpenError::Change(ats_pat_service::Error::NothingToAccept))
    ));
    drop(ada);
}

#[on_every_database]
async fn an_accepted_restore_satisfies_the_anchors_of_other_servers(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    world.sign_in("ada").await;
    world.service.flush().await;
    let other_anchor = std::fs::read(world.folder().join("anchor")).unwrap();
    let head = world.store.events().head().await.unwrap().seq;
    database.execute("DELETE FROM sessions").await;
    restore_to_before_the_last_event(database, head).await;
    Service::accept_restore(world.parts(), RestoreChoice::Keep)
        .await
        .unwrap();
    std::fs::write(world.folder().join("anchor"), other_anchor).unwrap();
    assert!(world.reopen().await.is_ok());
}

#[on_every_database]
async fn a_log_that_goes_back_under_a_running_server_is_reported_and_keeps_the_anchor(
    database: &TestDatabase,
) {
    let Scene { world, .. } = scene(database).await;
    world.sign_in("ada").await;
    world.service.flush().await;
    let anchor = std::fs::read(world.folder().join("anchor")).unwrap();
    let head = world.store.events().head().await.unwrap().seq;
    restore_to_before_the_last_event(database, head).await;
    for _ in 0..3 {
        let password = PASSWORD.into();
        let signed_in = world.service.sign_in("ada", &password, ADDRESS).await;
        assert_eq!(code(signed_in), 1503);
    }
    world.service.flush().await;
    assert_eq!(
        std::fs::read(world.folder().join("anchor")).unwrap(),
        anchor
    );
    let health = world.service.health().await;
    let log = health
        .iter()
        .find(|check| check.name == "event-log")
        .unwrap();
    assert!(!log.healthy, "{health:?}");
    let stopped = world.reopen().await;
    assert!(matches!(stopped, Err(OpenError::BehindAnchor { seq }) if seq == head));
}

#[on_every_database]
async fn an_accepted_restore_excuses_no_later_one(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    for _ in 0..5 {
        world.sign_in("ada").await;
    }
    world.service.flush().await;
    let mut head = world.store.events().head().await.unwrap().seq;
    database.execute("DELETE FROM sessions").await;
    for _ in 0..5 {
        restore_to_before_the_last_event(database, head).await;
        head -= 1;
    }
    Service::accept_restore(world.parts(), RestoreChoice::Keep)
        .await
        .unwrap();
    let service = world.reopen().await.unwrap();
    let sign_in = async || service.sign_in("ada", &PASSWORD.into(), ADDRESS).await;
    sign_in().await.unwrap();
    sign_in().await.unwrap();
    service.flush().await;
    let head = world.store.events().head().await.unwrap().seq;
    restore_to_before_the_last_event(database, head).await;
    let stopped = world.reopen().await;
    assert!(matches!(stopped, Err(OpenError::BehindAnchor { seq }) if seq == head));
}

/// Takes the last event back, as a restore or a fail-over does.
async fn take_the_last_event_back(database: &TestDatabase, scene: &Scene) {
    let events = scene.world.store.events();
    let seq = events.head().await.unwrap().seq;
    let hash = events.from(seq - 1, 1).await.unwrap()[0].hash;
    for table in ["event_personal", "events"] {
        let delete = format!("DELETE FROM {table} WHERE seq = {seq}");
        database.execute(&delete).await;
    }
    let head = format!(
        "UPDATE event_head SET seq = {}, hash = {}",
        seq - 1,
        database.bytes_literal(&hash)
    );
    database.execute(&head).await;
}

#[on_every_database(flavor = "multi_thread")]
async fn a_log_that_goes_back_under_a_running_server_grants_nothing_from_the_first_poll(
    database: &TestDatabase,
) {
    let scene = scene(database).await;
    let service = scene.world.service.clone();
    let follower = service.clone();
    let feed = tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
    // An operator's program elsewhere makes a change, and it is undone before anybody except the
    // feed sees it.
    let mut elsewhere = scene.world.parts();
    elsewhere.anchor_file = None;
    let elsewhere = Service::open(elsewhere).await.unwrap();
    elsewhere
        .operator()
        .rotate_keys(Rotation::AtOnce)
        .await
        .unwrap();
    let lines = async || {
        let checks = service.health().await;
        checks
            .iter()
            .find(|check| check.name == "event-log")
            .unwrap()
            .healthy
    };
    // It was answered once every server that follows the log had seen it.
    take_the_last_event_back(database, &scene).await;
    while lines().await {
        tokio::task::yield_now().await;
    }
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1503);
    let id = scene.issued.token.id.to_string();
    assert_eq!(code(service.revoke_token(&scene.ada, &id).await), 1503);
    service.flush().await;
    assert!(scene.world.reopen().await.is_err(), "the next start stops");
    feed.abort();
}
