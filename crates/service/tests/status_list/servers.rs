//! Every server publishes the same list.

use std::time::Duration;

use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::world::{DAY, ISSUER, World};
use ats_pat_test_support::{TestDatabase, on_every_database, on_every_server};

use crate::scene::{A_MOMENT, list, place, published, revoke};

#[on_every_database]
async fn every_server_serves_the_same_fresh_list(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let other = world.reopen().await.unwrap();
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let place = place(&world, &issued).await;
    let (before, _) = list(&world, &other, &place.uri).await;
    let tag_before = published(&other, &place.uri).await.entity_tag;
    revoke(&world, &ada, &issued).await;
    world.clock.advance(A_MOMENT);
    for service in [&world.service, &other] {
        let (version, list) = list(&world, service, &place.uri).await;
        assert!(version > before);
        assert_eq!(list.is_revoked(place.index), Some(true));
    }
    let tags = [
        published(&world.service, &place.uri).await.entity_tag,
        published(&other, &place.uri).await.entity_tag,
    ];
    assert_eq!(tags[0], tags[1]);
    assert_ne!(tags[0], tag_before);
    // An event that changes no place makes no verifier fetch the list again.
    world.add_user("bob").await;
    world.clock.advance(A_MOMENT);
    let later = published(&other, &place.uri).await;
    assert!(later.is_said_by(&tags[0]) && !later.is_said_by(&tag_before));
}

/// A server that has just started reads the log from its end, and a running one has followed it. A
/// verifier may ask either of them.
#[on_every_database]
async fn a_new_server_serves_the_same_list_as_the_others(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let uri = place(&world, &issued).await.uri;
    published(&world.service, &uri).await;
    for name in ["bob", "eve"] {
        world.add_user(name).await;
    }
    let started = world.reopen().await.unwrap();
    world.clock.advance(A_MOMENT);
    let of_started = published(&started, &uri).await;
    let of_running = published(&world.service, &uri).await;
    assert!(of_running.is_said_by(&of_started.entity_tag));
    let (running, _) = list(&world, &world.service, &uri).await;
    let (started, _) = list(&world, &started, &uri).await;
    assert_eq!(running, started);
}

#[on_every_database]
async fn a_list_is_signed_again_before_it_ends_with_the_current_key(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let uri = format!("{ISSUER}/status-lists/0");
    let first = published(&world.service, &uri).await;
    world.clock.advance(Duration::from_mins(5));
    let second = published(&world.service, &uri).await;
    assert_ne!(first.entity_tag, second.entity_tag);
    let _ = world
        .service
        .operator()
        .rotate_keys(ats_pat_service::Rotation::Compromised)
        .await
        .unwrap();
    world.clock.advance(A_MOMENT);
    // It is verified with the published keys, which no longer have the old one.
    list(&world, &world.service, &uri).await;
    assert_ne!(
        published(&world.service, &uri).await.entity_tag,
        second.entity_tag
    );
}

#[on_every_database]
async fn there_is_only_one_list(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let addresses = world.service.status_list_addresses().await.unwrap();
    assert_eq!(addresses, [format!("{ISSUER}/status-lists/0")]);
    for name in ["1", "", "00", "0/", "../0"] {
        assert!(
            world.service.status_list(name).await.unwrap().is_none(),
            "{name}"
        );
    }
}

#[on_every_server(flavor = "multi_thread")]
async fn while_the_database_hangs_a_list_is_served_with_its_age_for_half_a_minute(
    database: &TestDatabase,
) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let world = World::new(&url).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let uri = place(&world, &issued).await.uri;
    let known = published(&world.service, &uri).await;
    let keys = world.service.published_keys().await.unwrap();
    assert_eq!((known.age, keys.age), (Duration::ZERO, Duration::ZERO));

    proxy.arm(Fault::Silent);
    for (passes, age) in [(1, 1), (29, 30)] {
        world.clock.advance(Duration::from_secs(passes));
        let remembered = published(&world.service, &uri).await;
        assert_eq!(remembered.age, Duration::from_secs(age));
        assert_eq!(remembered.text, known.text);
    }
    // A verifier that trusts a list for half a minute must not hear that it is still the current
    // one.
    world.clock.advance(Duration::from_millis(1));
    assert!(world.service.status_list("0").await.is_err());
    let keys = world.service.published_keys().await.unwrap();
    assert!(keys.age >= Duration::from_secs(30), "{:?}", keys.age);

    proxy.arm(Fault::None);
    while world.service.status_list("0").await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(published(&world.service, &uri).await.age, Duration::ZERO);
}
