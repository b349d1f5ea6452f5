//! Planted and altered tokens and secrets don't prevent a revocation.

use ats_pat_service::{RestoreChoice, Service};
use ats_pat_test_support::intruder::Intruder;
use ats_pat_test_support::world::{code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::removal::{EACH, Removal};
use crate::scene::{assert_found, scene};

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
    assert_ne!(exchanged(&service, &scene.issued.secret).await, 1);
}
