//! Things of the whole service: signing keys, the set-up link, the event log and its checkpoint.

use ats_pat_service::{Rotation, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::put_back::rows::{copy, put_back, services};
use crate::scene::{Scene, assert_found, scene};

#[on_every_database]
async fn a_destroyed_signing_key_stays_destroyed(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let destroyed = world.service.jwks().await.unwrap().keys()[0]
        .kid()
        .to_owned();
    copy(database).await;
    let rotate = world.service.operator();
    assert_eq!(code(rotate.rotate_keys(Rotation::Compromised).await), 1);
    let now = "CREATE TABLE now_keys AS SELECT * FROM signing_keys";
    database.execute(now).await;
    put_back(database).await;
    let beside = "INSERT INTO signing_keys SELECT * FROM now_keys \
            WHERE kid NOT IN (SELECT kid FROM kept_signing_keys)";
    database.execute(beside).await;
    let bump = "UPDATE key_ring SET version = version + 9";
    database.execute(bump).await;
    for service in services(&world).await {
        let published = service.jwks().await.unwrap();
        let kids: Vec<_> = published
            .keys()
            .iter()
            .map(ats_pat_token::Jwk::kid)
            .collect();
        assert!(!kids.contains(&&*destroyed), "{kids:?}");
        assert_eq!(kids.len(), 1);
    }
    assert_found(&world, "of signing_keys is an older one, put back").await;
}

#[on_every_database]
async fn a_used_set_up_link_stays_used(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let link = world.service.make_setup_link().await.unwrap().unwrap();
    copy(database).await;
    let set_up = async |service: &Service, name: &str| {
        let link = link.expose_secret();
        let password = PASSWORD.into();
        let done = service.set_up(link, name, &password, ADDRESS).await;
        done.is_ok()
    };
    assert!(set_up(&world.service, "root").await);
    let back = "INSERT INTO setup_link SELECT * FROM kept_setup_link";
    database.execute(back).await;
    let nobody = "UPDATE users SET is_admin = (1 = 0)";
    database.execute(nobody).await;
    for (service, name) in services(&world).await.iter().zip(["one", "two", "three"]) {
        assert!(!set_up(service, name).await, "{name}");
    }
    assert_found(&world, "of setup_link was removed once, and put back").await;
}

#[on_every_database]
async fn a_log_whose_last_event_was_removed_grants_nothing_elsewhere(database: &TestDatabase) {
    let Scene { world, ada, issued } = scene(database).await;
    let elsewhere = world.reopen().await.unwrap();
    assert_eq!(exchanged(&elsewhere, &issued.secret).await, 1);
    let another = world.create(&ada, "another", DAY).await.unwrap();
    copy(database).await;
    let id = another.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    put_back(database).await;
    let last = "DELETE FROM events WHERE seq = (SELECT seq FROM event_head)";
    database.execute(last).await;
    assert_ne!(exchanged(&elsewhere, &another.secret).await, 1);
}

#[on_every_database]
async fn a_checkpoint_that_was_written_without_the_keys_is_not_used(database: &TestDatabase) {
    let Scene { world, ada, issued } = scene(database).await;
    let file = world.folder().join("checkpoint");
    world.service.flush().await;
    let older = std::fs::read(&file).unwrap();
    copy(database).await;
    let id = issued.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    put_back(database).await;
    world.service.flush().await;
    let newest = std::fs::read(&file).unwrap();
    let mut altered = newest.clone();
    // The number of the last event that it knows.
    altered[1] = altered[1].wrapping_add(1);
    for checkpoint in [
        older,
        altered,
        newest[..newest.len() - 16].to_vec(),
        Vec::new(),
    ] {
        std::fs::write(&file, checkpoint).unwrap();
        let service = world.reopen().await.unwrap();
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
}

#[on_every_database]
async fn a_start_uses_the_checkpoint_in_the_database_if_the_data_folder_has_none(
    database: &TestDatabase,
) {
    let Scene { world, ada, issued } = scene(database).await;
    let another = world.create(&ada, "another", DAY).await.unwrap();
    copy(database).await;
    let id = issued.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    put_back(database).await;
    world.service.flush().await;
    let file = world.folder().join("checkpoint");
    let checkpoint = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let seq = world.store.events().head().await.unwrap().seq;
    let parts: Vec<&[u8]> = checkpoint.chunks(50).collect();
    world.store.keep_checkpoint(seq, &parts).await.unwrap();
    // Without it, the log would have to be read from here, which would fail.
    let spoil = database.bytes_literal(b"{}");
    let spoil = format!("UPDATE events SET details = {spoil} WHERE seq = 2");
    database.execute(&spoil).await;
    let service = world.reopen().await.unwrap();
    assert_eq!(exchanged(&service, &another.secret).await, 1);
    assert_ne!(exchanged(&service, &issued.secret).await, 1);
}
