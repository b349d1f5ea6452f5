//! Signing keys that are replaced by their age.
#![expect(clippy::unwrap_used, reason = "a test may fail; its helpers too")]

use std::time::Duration;

use ats_pat_service::Service;
use ats_pat_test_support::world::{DAY, World, migrated};
use ats_pat_test_support::{TestDatabase, on_every_database, on_every_deployment};

async fn keys_of(world: &World) -> usize {
    world.store.keys().ring().await.unwrap().keys.len()
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
    assert_eq!(
        world
            .service
            .operator()
            .verify_audit()
            .await
            .unwrap()
            .findings,
        Vec::<String>::new()
    );
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
