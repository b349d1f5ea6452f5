//! Every server publishes the same list.

use std::time::Duration;

use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::world::{DAY, ISSUER, World};
use ats_pat_test_support::{TestDatabase, on_every_database, on_every_server};

use crate::scene::{A_MOMENT, list, place, published, revoke};

#[on_every_database]
async fn every_server_serves_the_same_list_and_none_is_older_than_a_moment(
    database: &TestDatabase,
) {
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
    // What changes no place makes nobody fetch a list again.
    world.add_user("bob").await;
    world.clock.advance(A_MOMENT);
    let later = published(&other, &place.uri).await;
    assert!(later.is_said_by(&tags[0]) && !later.is_said_by(&tag_before));
}

/// A server that starts reads the log from its end; one that runs has followed it: a verifier may
/// ask now the one, now the other.
#[on_every_database]
async fn a_server_that_started_just_now_says_what_the_others_say(database: &TestDatabase) {
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
async fn a_list_is_signed_anew_before_it_ends_and_by_the_key_that_signs_now(
    database: &TestDatabase,
) {
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
    // Verified with the published keys, of which the old one is none any more.
    list(&world, &world.service, &uri).await;
    assert_ne!(
        published(&world.service, &uri).await.entity_tag,
        second.entity_tag
    );
}

#[on_every_database]
async fn there_is_one_list_and_no_other(database: &TestDatabase) {
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
    // Who trusts a list for no longer than half a minute must not be told that it still is the
    // current one.
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
