//! Signing keys: operators replace them, and so does the service by their age.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_service::{Rotation, Service};
use ats_pat_test_support::elsewhere::verified;
use ats_pat_test_support::world::{ADDRESS, DAY, World, code, exchanged, migrated};
use ats_pat_test_support::{TestDatabase, on_every_database, on_every_deployment};
use ats_pat_token::Unverified;
use secrecy::{ExposeSecret, SecretString};

async fn keys_of(world: &World) -> usize {
    world.store.keys().ring().await.unwrap().keys.len()
}

/// All keys and their states after a rotation.
async fn rotated(world: &World, rotation: Rotation) -> Vec<(String, &'static str)> {
    let rotated = world
        .service
        .operator()
        .rotate_keys(rotation)
        .await
        .unwrap();
    let keys = rotated.into_iter();
    keys.map(|key| (key.kid, key.state)).collect()
}

/// The ids of the keys with this state.
fn in_state(keys: &[(String, &'static str)], state: &str) -> Vec<String> {
    let keys = keys.iter().filter(|(_, of)| *of == state);
    keys.map(|(kid, _)| kid.clone()).collect()
}

fn signed_by(token: &SecretString) -> String {
    let token = Unverified::parse(token.expose_secret()).unwrap();
    token.kid().to_owned()
}

#[on_every_database]
async fn rotating_keys_signs_with_the_new_one_once_every_cache_knows_it(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let old = signed_by(&world.exchange(&issued.secret).await.unwrap().token);
    world.clock.advance(Duration::from_secs(1));
    let keys = world
        .service
        .operator()
        .rotate_keys(Rotation::Planned)
        .await
        .unwrap();
    assert_eq!(
        keys.iter().map(|key| key.state).collect::<Vec<_>>(),
        ["Active", "Next"]
    );
    assert_eq!(world.service.jwks().await.unwrap().keys().len(), 2);
    assert!(
        world
            .service
            .operator()
            .rotate_keys(Rotation::Planned)
            .await
            .is_err(),
        "one key is waiting already"
    );
    assert_eq!(
        signed_by(&world.exchange(&issued.secret).await.unwrap().token),
        old
    );
    world.clock.advance(Duration::from_mins(6));
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(signed_by(&exchanged.token), keys[1].kid);
    verified(&world.service, &exchanged.token, world.now()).await;
    // A second server that read the keys before must not sign with the old one.
    let other = world.reopen().await.unwrap();
    let at_once = world
        .service
        .operator()
        .rotate_keys(Rotation::AtOnce)
        .await
        .unwrap();
    let third = &at_once[2].kid;
    let presented = [issued.secret.expose_secret().as_bytes()];
    assert_eq!(
        &signed_by(&other.exchange(&presented, ADDRESS).await.unwrap().token),
        third
    );
    world.clock.advance(Duration::from_mins(67));
    assert_eq!(
        other.jwks().await.unwrap().keys().len(),
        1,
        "retired keys are no longer published"
    );
}

#[on_every_database]
async fn a_clock_that_was_ahead_at_the_first_start_or_a_rotation_stops_no_exchange(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let made_at = world.now();
    world.clock.set(made_at.before(365 * DAY));
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", 30 * DAY).await.unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    verified(&world.service, &exchanged.token, world.now()).await;
    let other = world.reopen().await.unwrap();
    assert!(other.status_list("0").await.unwrap().is_some());
    let health = other.health().await;
    let signing = health
        .iter()
        .find(|check| check.name == "signing-key")
        .unwrap();
    assert!(
        signing.healthy && signing.message.contains("clock"),
        "{signing:?}"
    );

    // The key signs again at its time. The next one replaces it by a clock that is ahead.
    let set_right = world.now();
    world.clock.set(set_right.after(7 * DAY));
    let keys = rotated(&world, Rotation::Compromised).await;
    world.clock.set(set_right);
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    assert_eq!([signed_by(&exchanged.token)], *in_state(&keys, "Active"));
    verified(&world.service, &exchanged.token, world.now()).await;

    // An operator can end this by putting the next key into use.
    let promoted = rotated(&world, Rotation::AtOnce).await;
    assert_eq!(in_state(&promoted, "Active"), in_state(&keys, "Active"));
}

#[on_every_database]
async fn a_waiting_key_is_not_trusted_after_keys_leaked(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let keys = rotated(&world, Rotation::Planned).await;
    let waiting = in_state(&keys, "Next");
    world.clock.advance(Duration::from_secs(1));
    let keys = rotated(&world, Rotation::Compromised).await;
    assert_eq!(in_state(&keys, "Destroyed").len(), 2);
    let published = world.service.jwks().await.unwrap();
    assert_eq!(published.keys().len(), 1);
    assert!(published.find(&waiting[0]).is_none());
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    assert_eq!([signed_by(&exchanged.token)], *in_state(&keys, "Active"));
}

#[on_every_database]
async fn without_a_signing_key_a_caller_may_try_again(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    database.execute("DELETE FROM signing_keys").await;
    database
        .execute("UPDATE key_ring SET version = version + 1")
        .await;
    assert_eq!(code(world.exchange(&issued.secret).await), 1503);
    let other = world.reopen().await.unwrap();
    assert_eq!(exchanged(&other, &issued.secret).await, 1503);
    rotated(&world, Rotation::AtOnce).await;
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
}

#[on_every_database]
async fn a_key_that_is_old_enough_gets_a_successor_that_signs_later(database: &TestDatabase) {
    let world = World::with(database.url(), |settings| {
        settings.signing_key_rotate_days = 90;
    })
    .await;
    world
        .clock
        .advance(Duration::from_secs(90 * 24 * 60 * 60 - 1));
    world.service.rotate_by_age().await.unwrap();
    assert_eq!(keys_of(&world).await, 1);
    world.clock.advance(Duration::from_secs(1));
    world.service.rotate_by_age().await.unwrap();
    world.service.rotate_by_age().await.unwrap();
    assert_eq!(keys_of(&world).await, 2);
    let told = world.told("signing_key.created").await;
    assert_eq!(told[0].event.actor, "system");
    let keys = world.service.operator().signing_keys().await.unwrap();
    let states: Vec<_> = keys.iter().map(|key| key.state).collect();
    assert_eq!(states, ["Active", "Next"]);
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn nothing_is_rotated_unless_the_operator_wants_it(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.clock.advance(DAY * 3650);
    world.service.rotate_by_age().await.unwrap();
    assert_eq!(keys_of(&world).await, 1);
}

#[on_every_deployment(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_find_an_old_key_at_once_make_one(database: &TestDatabase) {
    let world = World::with(database.url_at(0), |settings| {
        settings.signing_key_rotate_days = 30;
    })
    .await;
    let mut servers = vec![world.service.clone()];
    for node in 1..4 {
        let mut parts = world.parts();
        parts.store = migrated(database.url_at(node)).await;
        servers.push(Service::open(parts).await.unwrap());
    }
    world.clock.advance(DAY * 30);
    let rotations: Vec<_> = servers
        .into_iter()
        .map(|server| tokio::spawn(async move { server.rotate_by_age().await }))
        .collect();
    for rotation in rotations {
        rotation.await.unwrap().unwrap();
    }
    assert_eq!(keys_of(&world).await, 2);
    assert_eq!(world.told("signing_key.created").await.len(), 2);
}

#[on_every_deployment(flavor = "multi_thread", worker_threads = 4)]
async fn servers_that_find_a_new_master_key_at_once_seal_the_keys_once(database: &TestDatabase) {
    let world = World::new(database.url_at(0)).await;
    let file = world.folder().join("master.key");
    let old = std::fs::read_to_string(&file).unwrap();
    let new = "A".repeat(43);
    std::fs::write(&file, format!("{new}\n{old}")).unwrap();
    let mut servers = Vec::new();
    for node in 0..4 {
        let mut parts = world.parts();
        parts.store = migrated(database.url_at(node)).await;
        parts.anchor_file = None;
        servers.push(Service::open(parts).await.unwrap());
    }
    let before = servers[0].sealed_keys().await.unwrap();
    assert_eq!((before.under_first, before.under_second), (0, 2));
    let seals: Vec<_> = servers
        .into_iter()
        .map(|server| tokio::spawn(async move { server.seal_anew().await }))
        .collect();
    for seal in seals {
        seal.await.unwrap().unwrap();
    }
    assert_eq!(world.told("keys.resealed").await.len(), 1);
    std::fs::write(&file, new).unwrap();
    let server = world.reopen().await.unwrap();
    let after = server.sealed_keys().await.unwrap();
    assert_eq!((after.under_first, after.all()), (2, 2));
    let report = server.operator().verify_audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
}
