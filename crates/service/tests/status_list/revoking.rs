//! A change that takes rights away sets a bit.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_service::TokenUpdate;
use ats_pat_test_support::world::{DAY, ISSUER, World};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::scene::{A_MOMENT, REVOKED_FOR, claims, is_revoked, list, place, regenerate, revoke};

#[on_every_database]
async fn revoking_and_regenerating_set_the_bit_of_the_ended_secret(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let first = world.create(&ada, "first", DAY).await.unwrap();
    let other = world.create(&ada, "other", DAY).await.unwrap();
    let (old, untouched) = (place(&world, &first).await, place(&world, &other).await);
    assert_eq!(old.uri, format!("{ISSUER}/status-lists/0"));
    assert_ne!(old.index, untouched.index);
    assert_eq!(
        place(&world, &first).await,
        old,
        "the tokens of one secret share a place"
    );
    assert!(!is_revoked(&world, &old).await);

    let second = regenerate(&world, &ada, &first).await;
    let new = place(&world, &second).await;
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &old).await);
    assert!(!is_revoked(&world, &new).await);

    revoke(&world, &ada, &second).await;
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &new).await);
    assert!(!is_revoked(&world, &untouched).await);
}

#[on_every_database]
async fn an_earlier_expiry_revokes_authentication_tokens_that_would_outlive_it(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let shorten = async |expires_at: Timestamp| {
        let earlier = TokenUpdate {
            expires_at: Some(expires_at.to_string()),
            ..TokenUpdate::default()
        };
        let updated = world.service.update_token(&ada, &id, earlier).await;
        updated.unwrap();
        world.clock.advance(A_MOMENT);
    };
    let old = place(&world, &issued).await;
    // No authentication token from before is valid for so long.
    shorten(world.now().after(REVOKED_FOR)).await;
    assert_eq!(place(&world, &issued).await, old);
    assert!(!is_revoked(&world, &old).await);

    let soon = world.now().after(Duration::from_mins(2));
    shorten(soon).await;
    assert!(is_revoked(&world, &old).await);
    let new = claims(&world, &issued.secret).await;
    assert!(new.exp <= soon.as_seconds());
    let new = new.status.expect("a place");
    assert_ne!(new.index, old.index);
    assert!(!is_revoked(&world, &new).await);

    // A server that starts to follow the log later says the same.
    let other = world.reopen().await.unwrap();
    let (_, list) = list(&world, &other, &old.uri).await;
    assert_eq!(list.is_revoked(old.index), Some(true));
    assert_eq!(list.is_revoked(new.index), Some(false));
}

#[on_every_database]
async fn a_disabled_owner_s_places_stay_revoked_and_enabling_brings_new_ones(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = place(&world, &issued).await;
    let operator = world.service.operator();
    let _ = operator.disable_user("ada").await.unwrap();
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &before).await);

    let _ = operator.enable_user("ada").await.unwrap();
    let after = place(&world, &issued).await;
    assert_ne!(after.index, before.index);
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &before).await, "for good");
    assert!(!is_revoked(&world, &after).await);
    assert_eq!(place(&world, &issued).await, after, "given once");
    let report = operator.verify_audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
}

#[on_every_database]
async fn disabling_revokes_authentication_tokens_from_the_last_moments_of_a_token(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let short = world
        .create(&ada, "short", Duration::from_secs(10))
        .await
        .unwrap();
    let place = place(&world, &short).await;
    world.clock.advance(Duration::from_secs(12));
    let _ = world.service.operator().disable_user("ada").await.unwrap();
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &place).await);
}

/// The check in the service agrees with the list.
#[on_every_database(each = ["revoked_at = 1", "expires_at = 1"])]
async fn disabling_revokes_a_token_that_was_altered_to_look_ended(
    database: &TestDatabase,
    alter: &str,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let place = place(&world, &issued).await;
    database
        .execute(&format!("UPDATE tokens SET {alter}"))
        .await;
    let operator = world.service.operator();
    let _ = operator.disable_user("ada").await.unwrap();
    world.clock.advance(A_MOMENT);
    assert!(is_revoked(&world, &place).await, "{alter}");
}

#[on_every_database]
async fn an_authentication_token_from_before_its_owner_was_disabled_stays_revoked(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = world.exchange(&issued.secret).await.unwrap().token;
    assert!(world.service.identity(before.expose_secret()).await.is_ok());
    let operator = world.service.operator();
    let _ = operator.disable_user("ada").await.unwrap();
    let _ = operator.enable_user("ada").await.unwrap();
    let after = world.exchange(&issued.secret).await.unwrap().token;
    assert!(
        world
            .service
            .identity(before.expose_secret())
            .await
            .is_err()
    );
    assert!(world.service.identity(after.expose_secret()).await.is_ok());
}

/// Write access to the database alone can neither prevent nor hide a revocation.
#[on_every_database]
async fn a_removed_altered_or_cleared_place_prevents_no_revocation(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let mut places = Vec::new();
    for name in ["removed", "altered", "cleared"] {
        let issued = world.create(&ada, name, DAY).await.unwrap();
        places.push((place(&world, &issued).await, issued));
    }
    let index = |number: usize| places[number].0.index;
    for statement in [
        format!("DELETE FROM status_places WHERE place = {}", index(0)),
        format!(
            "UPDATE status_places SET free_at = 1 WHERE place = {}",
            index(1)
        ),
    ] {
        database.execute(&statement).await;
    }
    for (_, issued) in &places {
        revoke(&world, &ada, issued).await;
    }
    let cleared = format!(
        "UPDATE status_places SET revoked = false WHERE place = {}",
        index(2)
    );
    database.execute(&cleared).await;
    world.clock.advance(A_MOMENT);
    let started = world.reopen().await.unwrap();
    for service in [&world.service, &started] {
        for (place, issued) in &places {
            let (_, list) = list(&world, service, &place.uri).await;
            let name = &issued.token.name;
            assert_eq!(list.is_revoked(place.index), Some(true), "{name}");
        }
    }
    // A place with a wrong tag is not given to anybody.
    assert!(world.create(&ada, "next", DAY).await.is_ok());
}
