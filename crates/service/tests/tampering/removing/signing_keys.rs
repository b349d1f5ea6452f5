//! Altered signing keys are destroyed for good.

use ats_pat_service::Rotation;
use ats_pat_test_support::world::code;
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret as _;

use crate::scene::{assert_found, scene};

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
    let findings = scene.world.findings().await;
    assert_eq!(findings, Vec::<String>::new(), "no tag proves the number");
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
