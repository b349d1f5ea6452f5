//! A place is given to another secret only when no token that bears it can live.

use std::time::Duration;

use ats_pat_test_support::world::{DAY, World};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{A_MOMENT, REVOKED_FOR, is_revoked, place, revoke};

/// As long as a free place rests.
const RESTS_FOR: Duration = Duration::from_mins(11);

#[on_every_database]
async fn a_place_is_given_away_only_when_no_token_that_bears_it_can_live(database: &TestDatabase) {
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

    // Free, but lists that say that it is revoked may still be in use.
    world.clock.advance(RESTS_FOR);
    let ada = world.sign_in("ada").await;
    assert!(!is_revoked(&world, &place_of_ended).await);
    let third = world.create(&ada, "third", 30 * DAY).await.unwrap();
    assert_ne!(place(&world, &third).await.index, place_of_ended.index);

    world.clock.advance(Duration::from_millis(1));
    let heir = world.create(&ada, "heir", 30 * DAY).await.unwrap();
    assert_eq!(place(&world, &heir).await.index, place_of_ended.index);
    // Whoever ends the old entry again does no harm to the heir.
    revoke(&world, &ada, &ended).await;
    world.clock.advance(A_MOMENT);
    assert!(!is_revoked(&world, &place_of_ended).await);
}

#[on_every_database]
async fn the_place_of_an_expired_token_is_given_away_and_revoking_the_token_then_harms_nobody(
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
