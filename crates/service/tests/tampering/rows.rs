//! Rows that grant rights.

use ats_pat_domain::list::TokenQuery;
use ats_pat_service::Regeneration;
use ats_pat_test_support::world::{ADDRESS, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{Scene, assert_found, scene};

#[on_every_database(each = [
    "expires_at = expires_at + 1",
    "scopes = 'orders:write'",
    "allowed_networks = '0.0.0.0/0'",
    "generation = generation + 1",
    "created_at = created_at - 1",
    "revoked_at = 1",
    "regenerated_at = 1",
])]
async fn an_edited_token_is_refused_and_found(database: &TestDatabase, edit: &str) {
    let scene = scene(database).await;
    database.execute(&format!("UPDATE tokens SET {edit}")).await;
    assert_eq!(
        code(scene.world.exchange(&scene.issued.secret).await),
        1201,
        "{edit}"
    );
    assert_found(&scene.world, "of tokens was planted or altered").await;
}

#[on_every_database(each = [
    ("users", "id = NEW_ID, name_key = NEW_HASH"),
    ("sessions", "id_hash = NEW_HASH"),
    ("tokens", "id = NEW_ID"),
    (
        "secrets",
        "hash = NEW_HASH, generation = 2, slot = 2, valid_until = 9999999999999",
    ),
    ("signing_keys", "kid = 'planted'"),
])]
async fn a_planted_row_grants_nothing_and_is_found(
    database: &TestDatabase,
    (table, change): (&str, &str),
) {
    let scene = scene(database).await;
    let change = change
        .replace(
            "NEW_ID",
            &database.uuid_literal("0193f2a0-7b1c-7d2e-8f00-0123456789ab"),
        )
        .replace("NEW_HASH", &database.bytes_literal(&[9; 32]));
    database
        .execute(&format!("CREATE TABLE planted AS SELECT * FROM {table}"))
        .await;
    database
        .execute(&format!("UPDATE planted SET {change}"))
        .await;
    database
        .execute(&format!("INSERT INTO {table} SELECT * FROM planted"))
        .await;
    database.execute("DROP TABLE planted").await;
    assert_found(&scene.world, &format!("of {table} was planted or altered")).await;
    // Genuine rows still work, and nothing planted is shown.
    assert_eq!(
        code(scene.world.exchange(&scene.issued.secret).await),
        1,
        "{table}"
    );
    let page = scene
        .world
        .service
        .list_tokens(&scene.ada, TokenQuery::of(None))
        .await;
    assert_eq!(page.unwrap().items.len(), 1, "{table}");
    assert_eq!(scene.world.service.jwks().await.unwrap().keys().len(), 1);
    let restarted = scene.world.reopen().await;
    assert_eq!(restarted.is_err(), table == "signing_keys", "{table}");
}

#[on_every_database]
async fn a_token_given_to_another_owner_is_refused(database: &TestDatabase) {
    let scene = scene(database).await;
    let eve = scene.world.signed_in("eve").await;
    database
        .execute(&format!(
            "UPDATE tokens SET owner_id = {}",
            database.uuid_literal(&eve.user().id.to_string())
        ))
        .await;
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1201);
    let id = scene.issued.token.id.to_string();
    assert_eq!(
        code(
            scene
                .world
                .service
                .regenerate_token(&eve, &id, Regeneration::default())
                .await
        ),
        1500
    );
    assert_eq!(
        code(scene.world.service.revoke_token(&scene.ada, &id).await),
        1300
    );
    assert_found(&scene.world, "of tokens was planted or altered").await;
}

#[on_every_database]
async fn a_replaced_secret_put_back_is_refused_and_found(database: &TestDatabase) {
    let scene = scene(database).await;
    let id = scene.issued.token.id.to_string();
    database
        .execute("CREATE TABLE kept AS SELECT * FROM secrets")
        .await;
    database
        .execute("CREATE TABLE kept_tokens AS SELECT * FROM tokens")
        .await;
    let second = scene
        .world
        .service
        .regenerate_token(&scene.ada, &id, Regeneration::default())
        .await
        .unwrap();
    // The old row with its genuine tag replaces the new one.
    database.execute("DELETE FROM secrets").await;
    database
        .execute("INSERT INTO secrets SELECT * FROM kept")
        .await;
    assert_eq!(code(scene.world.exchange(&scene.issued.secret).await), 1201);
    assert_eq!(code(scene.world.exchange(&second.secret).await), 1201);
    assert_found(&scene.world, "of secrets is an older one, put back").await;
    assert_found(&scene.world, "of secrets was removed").await;
    for table in ["kept", "kept_tokens"] {
        database.execute(&format!("DROP TABLE {table}")).await;
    }
}

#[on_every_database(each = [
    ("secrets", "slot = 2", "of secrets was planted or altered"),
    (
        "secrets",
        "generation = 7",
        "of secrets was planted or altered",
    ),
    (
        "secrets",
        "valid_until = 9999999999999",
        "of secrets was planted or altered",
    ),
    ("users", "name = 'eve'", "of users was planted or altered"),
    (
        "users",
        "password_hash = NULL",
        "of users was planted or altered",
    ),
    (
        "users",
        "kind = 'service'",
        "of users was planted or altered",
    ),
])]
async fn edited_secrets_and_users_are_refused_and_found(
    database: &TestDatabase,
    (table, edit, expected): (&str, &str, &str),
) {
    let scene = scene(database).await;
    database
        .execute(&format!("UPDATE {table} SET {edit}"))
        .await;
    assert_eq!(
        code(scene.world.exchange(&scene.issued.secret).await),
        1201,
        "{table} {edit}"
    );
    assert_found(&scene.world, expected).await;
}

#[on_every_database]
async fn an_altered_user_row_neither_enables_nor_makes_an_administrator(database: &TestDatabase) {
    let scene = scene(database).await;
    database
        .execute("UPDATE users SET is_admin = NOT is_admin")
        .await;
    assert!(
        scene
            .world
            .service
            .make_setup_link()
            .await
            .unwrap()
            .is_none(),
        "planting an administrator gives no link"
    );
    assert_eq!(
        code(
            scene
                .world
                .service
                .sign_in("ada", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1101
    );
    assert_found(&scene.world, "of users was planted or altered").await;
}

#[on_every_database(each = [
    "ends_at = ends_at + 86400000",
    "created_at = created_at + 1",
    "authenticated_at = 1",
    "is_admin = TRUE",
    "provider = 'corp'",
])]
async fn an_edited_session_is_not_valid(database: &TestDatabase, edit: &str) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let session = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap()
        .session_id;
    let session = secrecy::ExposeSecret::expose_secret(&session).to_owned();
    assert_eq!(code(world.service.authenticate(&session).await), 1);
    database
        .execute(&format!("UPDATE sessions SET {edit}"))
        .await;
    assert_eq!(
        code(world.service.authenticate(&session).await),
        1100,
        "{edit}"
    );
    assert_found(&world, "of sessions was planted or altered").await;
}

#[on_every_database]
async fn a_row_that_was_removed_is_found(database: &TestDatabase) {
    let scene = scene(database).await;
    database.execute("DELETE FROM secrets").await;
    assert_found(&scene.world, "of secrets was removed").await;
}

#[on_every_database]
async fn a_user_altered_to_anothers_name_is_not_taken_for_the_other(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    world.add_user("eve").await;
    // A search for Eve's name finds Ada's genuine row.
    database
        .execute("CREATE TABLE kept AS SELECT name_key FROM users WHERE name = 'eve'")
        .await;
    let nobody = database.bytes_literal(&[9; 32]);
    database
        .execute(&format!(
            "UPDATE users SET name_key = {nobody} WHERE name = 'eve'"
        ))
        .await;
    database
        .execute("UPDATE users SET name_key = (SELECT name_key FROM kept) WHERE name = 'ada'")
        .await;
    database.execute("DROP TABLE kept").await;
    let operator = world.service.operator();
    assert_eq!(
        code(
            operator
                .set_password("eve", &"orbit-of-velvet-plums-7".into(), false)
                .await
        ),
        1500
    );
    assert_eq!(
        code(
            world
                .service
                .sign_in("eve", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1101
    );
    // Taking rights away finds her, even with another user's row under her name.
    assert_eq!(code(operator.disable_user("eve").await), 1);
    assert_eq!(code(operator.disable_user("ada").await), 1);
}
