//! Altered users, sessions and set-up links are ended for good.

use ats_pat_test_support::intruder::Intruder;
use ats_pat_test_support::world::{ADDRESS, PASSWORD, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret as _;

use crate::scene::{Scene, assert_found, scene};

#[on_every_database(each = [
    "UPDATE users SET is_admin = NOT is_admin WHERE is_admin = FALSE",
    "UPDATE users SET kind = 'alien'",
    "UPDATE users SET disabled_by = 0",
    "UPDATE users SET disabled_by = 1",
    "UPDATE users SET signed_in_at = 1",
    "UPDATE users SET signed_in_issuer = 'https://id.example'",
    "UPDATE users SET name_key = id",
])]
async fn an_altered_user_is_disabled_for_good(database: &TestDatabase, alter: &str) {
    if alter.contains("name_key = id") && database.kind() == ats_pat_test_support::Kind::Postgres {
        // There, a UUID is not stored as bytes. The other databases show it.
        return;
    }
    let scene = scene(database).await;
    database.execute(alter).await;
    let operator = scene.world.service.operator();
    // By the id as by the name.
    let ada = scene.ada.user().id;
    assert_eq!(code(operator.revoke_tokens_of(ada).await), 1, "{alter}");
    assert_eq!(code(operator.disable_user("ada").await), 1, "{alter}");
    let password = PASSWORD.into();
    let signed_in = scene.world.service.sign_in("ada", &password, ADDRESS);
    assert_ne!(code(signed_in.await), 1, "{alter}");
    assert_ne!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    if !alter.contains("name_key") {
        // The rest of it never works again.
        assert!(operator.enable_user("ada").await.is_err(), "{alter}");
        let new = "orbit-of-velvet-plums-7".into();
        assert!(operator.set_password("ada", &new, false).await.is_err());
        assert_found(
            &scene.world,
            "of users was planted or altered, and was ended",
        )
        .await;
    }
}

#[on_every_database]
async fn a_session_without_a_user_can_be_ended(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let password = PASSWORD.into();
    let signed_in = world.service.sign_in("ada", &password, ADDRESS).await;
    let session = signed_in.unwrap().session_id;
    let mut intruder = Intruder::connect(database).await;
    let kept = "CREATE TABLE kept AS SELECT * FROM users";
    let back = "INSERT INTO users SELECT * FROM kept";
    for sql in [kept, "DELETE FROM users"] {
        intruder.execute(sql).await.unwrap();
    }
    let session = session.expose_secret();
    assert_eq!(code(world.service.sign_out(Some(session)).await), 1);
    intruder.execute(back).await.unwrap();
    assert_eq!(code(world.service.authenticate(session).await), 1100);
}

#[on_every_database(each = [
    ("UPDATE sessions SET ends_at = ends_at + 1", "sessions"),
    (
        "UPDATE status_places SET free_at = free_at + 1",
        "status_places",
    ),
    ("DELETE FROM status_places", "status_places"),
])]
async fn a_row_that_was_altered_when_a_change_replaced_it_is_reported_for_ever(
    database: &TestDatabase,
    (alter, table): (&str, &str),
) {
    let scene = scene(database).await;
    database.execute(alter).await;
    let operator = scene.world.service.operator();
    assert_eq!(code(operator.disable_user("ada").await), 1, "{alter}");
    let expected = if alter.starts_with("DELETE") {
        "had been removed when event"
    } else {
        "had been planted or altered when event"
    };
    assert_found(&scene.world, &format!("of {table} {expected}")).await;
    scene.world.add_user("grace").await;
    assert_found(&scene.world, &format!("of {table} {expected}")).await;
}

#[on_every_database]
async fn an_altered_set_up_link_is_replaced_and_reported_for_ever(database: &TestDatabase) {
    let world = ats_pat_test_support::world::World::new(database.url()).await;
    for _ in 0..2 {
        assert!(world.service.make_setup_link().await.unwrap().is_some());
        let findings = world.findings().await;
        assert_eq!(findings, Vec::<String>::new(), "links replace one another");
    }
    if database.kind() == ats_pat_test_support::Kind::Sqlite {
        // Other databases accept nothing else in the column.
        let spoil = "UPDATE setup_link SET code_hash = '7'";
        database.execute(spoil).await;
        assert_found(&world, "row 1 of setup_link can't be read").await;
    }
    let alter = "UPDATE setup_link SET expires_at = expires_at + 1";
    database.execute(alter).await;
    assert!(world.service.make_setup_link().await.unwrap().is_some());
    assert_found(
        &world,
        "of setup_link had been planted or altered when event",
    )
    .await;
}
