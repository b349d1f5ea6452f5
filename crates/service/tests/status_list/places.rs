//! A place is given to another secret only when no token with it can be valid.

use std::time::Duration;

use ats_pat_test_support::world::{DAY, World};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{A_MOMENT, REVOKED_FOR, is_revoked, place, revoke};

/// How long a free place rests.
const RESTS_FOR: Duration = Duration::from_mins(11);

#[on_every_database]
async fn a_place_is_given_away_only_when_no_token_with_it_can_be_valid(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let ada = world.sign_in("ada").await;
    let ended = world.create(&ada, "ended", 30 * DAY).await.unwrap();
    let place_of_ended = place(&world, &ended).await;
    revoke(&world, &ada, &ended).await;

    world
        .clock
        .advance(REVOKED_FOR.checked_sub(Duration::from_millis(1)).unwrap());
    let ada = world.sign_in("ada").await;
    assert!(is_revoked(&world, &place_of_ended).await);
    let next = world.create(&ada, "next", 30 * DAY).await.unwrap();
    assert_ne!(place(&world, &next).await.index, place_of_ended.index);

    // It is free, but lists that call it revoked may still be in use.
    world.clock.advance(RESTS_FOR);
    let ada = world.sign_in("ada").await;
    assert!(!is_revoked(&world, &place_of_ended).await);
    let third = world.create(&ada, "third", 30 * DAY).await.unwrap();
    assert_ne!(place(&world, &third).await.index, place_of_ended.index);

    world.clock.advance(Duration::from_millis(1));
    let heir = world.create(&ada, "heir", 30 * DAY).await.unwrap();
    assert_eq!(place(&world, &heir).await.index, place_of_ended.index);
    // Revoking the old entry again does no harm to the new secret.
    revoke(&world, &ada, &ended).await;
    world.clock.advance(A_MOMENT);
    assert!(!is_revoked(&world, &place_of_ended).await);
}

#[on_every_database]
async fn revoking_an_expired_token_whose_place_was_given_away_harms_nobody(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let ada = world.sign_in("ada").await;
    let short = world
        .create(&ada, "short", Duration::from_mins(1))
        .await
        .unwrap();
    let place_of_short = place(&world, &short).await;
    world.clock.advance(Duration::from_mins(19));
    let heir = world.create(&ada, "heir", DAY).await.unwrap();
    assert_eq!(place(&world, &heir).await, place_of_short);
    revoke(&world, &ada, &short).await;
    world.clock.advance(A_MOMENT);
    assert!(!is_revoked(&world, &place_of_short).await);
}
