//! Taking rights away never fails, whatever was planted or overwritten.

use ats_pat_domain::list::UserQuery;
use ats_pat_service::{NewUser, RestoreChoice, Rotation, Service};
use ats_pat_test_support::intruder::Intruder;
use ats_pat_test_support::world::{ADDRESS, PASSWORD, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret as _;

use crate::removal::{EACH, Removal};
use crate::scene::{Scene, assert_found, scene};

/// A secret of the token that nobody issued, with another generation and in the free slot.
async fn plant_a_secret(database: &TestDatabase) {
    database
        .execute("CREATE TABLE planted AS SELECT * FROM secrets")
        .await;
    let hash = database.bytes_literal(&[7; 32]);
    let junk = format!("UPDATE planted SET hash = {hash}, generation = 99, slot = 2");
    database.execute(&junk).await;
    let plant = "INSERT INTO secrets SELECT * FROM planted";
    database.execute(plant).await;
    database.execute("DROP TABLE planted").await;
}

#[on_every_database(each = EACH)]
async fn a_secret_planted_beside_the_real_one_prevents_no_revocation(
    database: &TestDatabase,
    removal: Removal,
) {
    let scene = scene(database).await;
    plant_a_secret(database).await;
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    removal.run(&scene).await;
    let exchanged = code(scene.world.exchange(&scene.issued.secret).await);
    assert_ne!(exchanged, 1, "{removal:?}");
    // It is reported for ever, whatever honest changes follow.
    assert_found(
        &scene.world,
        "of secrets was planted or altered, and was ended",
    )
    .await;
    scene.world.add_user("grace").await;
    assert_found(
        &scene.world,
        "of secrets was planted or altered, and was ended",
    )
    .await;
}

#[on_every_database(each = [Removal::Revoke, Removal::RevokeAsOperator])]
async fn an_altered_token_is_revoked_for_good_by_its_owner_and_by_an_operator(
    database: &TestDatabase,
    removal: Removal,
) {
    let scene = scene(database).await;
    let alter = "UPDATE tokens SET expires_at = expires_at + 1";
    database.execute(alter).await;
    removal.run(&scene).await;
    database
        .execute("UPDATE tokens SET expires_at = expires_at - 1")
        .await;
    assert_ne!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    assert_found(
        &scene.world,
        "of tokens was planted or altered, and was ended",
    )
    .await;
}

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
async fn an_unreadable_row_hides_no_other(database: &TestDatabase) {
    let scene = scene(database).await;
    let operator = scene.world.service.operator();
    let grace = NewUser {
        name: "grace".to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator: true,
        password: Some(PASSWORD.into()),
    };
    operator.add_user(grace).await.unwrap();
    database
        .execute("UPDATE users SET kind = 'alien' WHERE is_admin = FALSE")
        .await;
    database
            .execute(&format!(
                "INSERT INTO signing_keys (kid, algorithm, public, created_at, active_from, key_id, tag) \
                 VALUES ('junk', 'EdDSA', {}, 0, 0, 1, {})",
                database.bytes_literal(if database.kind() == ats_pat_test_support::Kind::Mariadb {
                    &[1; 32]
                } else {
                    &[1; 5]
                }),
                database.bytes_literal(&[1; 33]),
            ))
            .await;
    let users = operator.users().await.unwrap();
    assert_eq!(users.len(), 1, "the one that is genuine");
    assert_eq!(operator.signing_keys().await.unwrap().len(), 1);
    assert_eq!(
        operator
            .user_page(UserQuery::default())
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    assert_found(&scene.world, "of users was planted or altered").await;
    assert_found(&scene.world, "junk of signing_keys").await;
    // An admin program opens and works.
    let opened = Service::open_for_operators(scene.world.parts())
        .await
        .unwrap();
    let rotated = opened.operator().rotate_keys(Rotation::Compromised).await;
    assert_eq!(rotated.unwrap().len(), 2);
    assert_eq!(code(opened.operator().disable_user("ada").await), 1);
}

#[on_every_database]
async fn an_accepted_restore_ends_every_right_even_with_planted_rows(database: &TestDatabase) {
    let scene = scene(database).await;
    plant_a_secret(database).await;
    database
        .execute("UPDATE tokens SET expires_at = expires_at + 1")
        .await;
    // The last seen event is missing, as after a restore.
    let head = scene.world.store.events().head().await.unwrap();
    scene.world.service.flush().await;
    database
        .execute(&format!(
            "DELETE FROM event_personal WHERE seq = {}",
            head.seq
        ))
        .await;
    database
        .execute(&format!("DELETE FROM events WHERE seq = {}", head.seq))
        .await;
    let hash = scene
        .world
        .store
        .events()
        .from(head.seq - 1, 1)
        .await
        .unwrap()[0]
        .hash;
    database
        .execute(&format!(
            "UPDATE event_head SET seq = {}, hash = {}",
            head.seq - 1,
            database.bytes_literal(&hash)
        ))
        .await;
    let accepted = Service::accept_restore(scene.world.parts(), RestoreChoice::RevokeAll).await;
    assert_eq!(accepted.unwrap().revoked, 1);
    let service = scene.world.reopen().await.unwrap();
    let secret = scene.issued.secret.expose_secret().as_bytes();
    assert_ne!(code(service.exchange(&[secret], ADDRESS).await), 1);
}

#[on_every_database(each = [
    Removal::Revoke,
    Removal::RevokeAsOperator,
    Removal::SetPassword,
])]
async fn a_token_that_cant_be_read_is_revoked_for_good(database: &TestDatabase, removal: Removal) {
    let scene = scene(database).await;
    let hide = "UPDATE tokens SET generation = -generation";
    database.execute(hide).await;
    removal.run(&scene).await;
    // The whole row that the attacker had copied.
    database
        .execute("UPDATE tokens SET generation = 1, revoked_at = NULL")
        .await;
    assert_ne!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    assert_found(
        &scene.world,
        "of tokens was planted or altered, and was ended",
    )
    .await;
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

#[on_every_database(each = ["revoked_at = 1", "expires_at = 1"])]
async fn a_token_that_was_altered_to_look_ended_is_revoked_with_the_others(
    database: &TestDatabase,
    hide: &str,
) {
    let scene = scene(database).await;
    database
        .execute("CREATE TABLE kept AS SELECT * FROM tokens")
        .await;
    database.execute(&format!("UPDATE tokens SET {hide}")).await;
    Removal::SetPassword.run(&scene).await;
    for column in ["revoked_at", "expires_at", "tag", "generation"] {
        let back = format!("UPDATE tokens SET {column} = (SELECT {column} FROM kept)");
        database.execute(&back).await;
    }
    let exchanged = code(scene.world.exchange(&scene.issued.secret).await);
    assert_ne!(exchanged, 1, "{hide}");
}

#[on_every_database]
async fn an_altered_set_up_link_is_replaced_and_reported_for_ever(database: &TestDatabase) {
    let world = ats_pat_test_support::world::World::new(database.url()).await;
    for _ in 0..2 {
        assert!(world.service.make_setup_link().await.unwrap().is_some());
        let findings = crate::scene::findings(&world).await;
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

#[on_every_database(each = [
    "DELETE FROM key_ring",
    "UPDATE key_ring SET version = 9223372036854775807",
])]
async fn an_altered_version_of_the_ring_does_not_save_a_key_from_destruction(
    database: &TestDatabase,
    alter: &str,
) {
    let scene = scene(database).await;
    database.execute(alter).await;
    let service = &scene.world.service;
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    let rotated = service.operator().rotate_keys(Rotation::Compromised).await;
    assert_eq!(code(rotated), 1, "{alter}");
    assert_eq!(service.jwks().await.unwrap().keys().len(), 1);
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1);
    let findings = crate::scene::findings(&scene.world).await;
    assert_eq!(findings, Vec::<String>::new(), "no tag proves the number");
}

#[on_every_database]
async fn a_token_without_an_owner_can_be_revoked(database: &TestDatabase) {
    let scene = scene(database).await;
    let id = scene.issued.token.id.to_string();
    // References between tables don't stop an intruder who can write to the file, or who turns them
    // off for a session.
    let mut intruder = Intruder::connect(database).await;
    let kept = "CREATE TABLE kept AS SELECT * FROM users";
    let back = "INSERT INTO users SELECT * FROM kept";
    for sql in [kept, "DELETE FROM users"] {
        intruder.execute(sql).await.unwrap();
    }
    let operator = scene.world.service.operator();
    assert_eq!(code(operator.revoke_token(&id).await), 1);
    intruder.execute(back).await.unwrap();
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1203);
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
    "DELETE FROM signing_keys",
    "UPDATE signing_keys SET created_at = created_at + 1",
])]
async fn a_key_that_was_hidden_from_its_destruction_is_destroyed(
    database: &TestDatabase,
    hide: &str,
) {
    let scene = scene(database).await;
    let service = &scene.world.service;
    let exchanged = scene.world.exchange(&scene.issued.secret).await.unwrap();
    let bearer = exchanged.token.expose_secret();
    assert_eq!(code(service.identity(bearer).await), 1);
    let kept = "CREATE TABLE kept AS SELECT * FROM signing_keys";
    for sql in [kept, hide] {
        database.execute(sql).await;
    }
    let rotated = service.operator().rotate_keys(Rotation::Compromised).await;
    assert_eq!(code(rotated), 1, "{hide}");
    for sql in [
        "DELETE FROM signing_keys WHERE kid IN (SELECT kid FROM kept)",
        "INSERT INTO signing_keys SELECT * FROM kept",
        "UPDATE key_ring SET version = version + 9",
    ] {
        database.execute(sql).await;
    }
    for service in [service.clone(), scene.world.reopen().await.unwrap()] {
        // Waits until the log was read, because the key set doesn't wait for that.
        assert_eq!(code(service.identity(bearer).await), 1206, "{hide}");
        assert_eq!(service.jwks().await.unwrap().keys().len(), 1, "{hide}");
    }
    assert_found(&scene.world, "of signing_keys had been planted or altered").await;
}

#[on_every_database(each = [
    Removal::RevokeAsOperator,
    Removal::RevokeAsHolder,
    Removal::ReportAsLeaked,
    Removal::Disable,
])]
async fn rights_are_taken_away_even_if_the_event_log_cant_be_read(
    database: &TestDatabase,
    removal: Removal,
) {
    let mut scene = scene(database).await;
    // Nobody can tell which rows are current, so nothing is granted.
    let spoil = database.bytes_literal(b"{}");
    let spoil = format!("UPDATE events SET details = {spoil} WHERE seq = 2");
    database.execute(&spoil).await;
    scene.world.service = scene.world.reopen().await.unwrap();
    let exchange = async || code(scene.world.exchange(&scene.issued.secret).await);
    assert_eq!(exchange().await, 1503);
    removal.run(&scene).await;
    let revoked = "SELECT COUNT(*) FROM tokens WHERE revoked_at IS NOT NULL";
    let disabled = "SELECT COUNT(*) FROM users WHERE disabled";
    let taken = database.number(revoked).await + database.number(disabled).await;
    assert_eq!(taken, 1, "{removal:?}");
    assert_eq!(exchange().await, 1503);
}

#[on_every_database]
async fn an_unreadable_session_is_reported_for_ever_once_its_users_sessions_end(
    database: &TestDatabase,
) {
    // MariaDB pads the id, so it can be read, and the row is reported in other words.
    const PLANTED: &str = "planted or altered";
    let scene = scene(database).await;
    let short = database.bytes_literal(&[7; 5]);
    let cut = format!("UPDATE sessions SET id_hash = {short}");
    database.execute(&cut).await;
    let operator = scene.world.service.operator();
    let new = "orbit-of-velvet-plums-7".into();
    assert_eq!(code(operator.set_password("ada", &new, false).await), 1);
    assert_found(&scene.world, PLANTED).await;
    assert_eq!(code(operator.disable_user("ada").await), 1);
    assert_found(&scene.world, PLANTED).await;
}

const TOKEN_ID: &[&str] = &[
    "CREATE TABLE planted AS SELECT * FROM tokens",
    "UPDATE planted SET id = '7'",
    "INSERT INTO tokens SELECT * FROM planted",
    "DROP TABLE planted",
];
const ATTACKS: [&[&str]; 7] = [
    TOKEN_ID,
    &["UPDATE tokens SET generation = -1"],
    &["UPDATE secrets SET slot = 99"],
    &["UPDATE status_places SET generation = -1"],
    &["UPDATE signing_keys SET algorithm = 'x'"],
    &["UPDATE events SET kind = 'x' WHERE seq = 4"],
    &["UPDATE events SET details = hash"],
];

fn each_after_each_attack() -> impl Iterator<Item = (Removal, &'static [&'static str])> {
    EACH.into_iter()
        // It also grants, so it refuses rows that can't be read.
        .filter(|removal| !matches!(removal, Removal::Regenerate))
        .flat_map(|removal| ATTACKS.map(|attack| (removal, attack)))
}

#[on_every_database(each = each_after_each_attack())]
async fn no_unreadable_row_prevents_taking_a_right_away(
    database: &TestDatabase,
    (removal, attack): (Removal, &[&str]),
) {
    if attack == TOKEN_ID && database.kind() != ats_pat_test_support::Kind::Sqlite {
        // The others accept no id with another length.
        return;
    }
    let scene = scene(database).await;
    scene.world.exchange(&scene.issued.secret).await.unwrap();
    for statement in attack {
        database.execute(statement).await;
    }
    removal.run(&scene).await;
    assert_ne!(code(scene.world.exchange(&scene.issued.secret).await), 1);
}
