//! A form that is posted again creates nothing twice.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_service::{Error, NewToken, SignedIn, view::IssuedToken};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use tokio::task::JoinSet;

async fn post(
    world: &World,
    by: &SignedIn,
    name: &str,
    form_key: &str,
) -> Result<IssuedToken, Error> {
    let new = NewToken {
        name: Some(name.to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        form_key: Some(form_key.to_owned()),
        ..NewToken::default()
    };
    world.service.create_token(by, new).await
}

async fn how_many(world: &World, of: &SignedIn) -> u64 {
    let query = TokenQuery::of(None);
    world.service.list_tokens(of, query).await.unwrap().total
}

#[on_every_database]
async fn a_form_posted_again_creates_nothing_even_after_its_token_was_revoked(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    world.clock.advance(Duration::from_secs(20));
    let issued = post(&world, &ada, "ci", &key).await.unwrap();
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    let again = async |name| post(&world, &ada, name, &key.to_uppercase()).await;
    assert!(matches!(again("ci").await, Err(Error::AlreadyCreated { name, .. }) if name == "ci"));
    assert!(
        matches!(again("other").await, Err(Error::AlreadyCreated { name, .. }) if name == "ci")
    );
    let id = issued.token.id.to_string();
    let revoked = world.service.revoke_token(&ada, &id).await;
    assert_eq!(code(revoked), 1);
    assert!(matches!(
        again("ci").await,
        Err(Error::AlreadyCreated { .. })
    ));
    assert_eq!(code(again("ci").await), 1301);
    assert_eq!(how_many(&world, &ada).await, 1);
    let other = world.service.new_form_key().unwrap();
    assert_eq!(code(post(&world, &ada, "ci", &other).await), 1);
}

#[on_every_database(flavor = "multi_thread")]
async fn a_form_posted_many_times_at_once_creates_one_token(database: &TestDatabase) {
    let world = Arc::new(World::new(database.url()).await);
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    let posts: JoinSet<_> = (0..10)
        .map(|number| {
            let (world, ada, key) = (Arc::clone(&world), ada.clone(), key.clone());
            async move { post(&world, &ada, &format!("ci {number}"), &key).await }
        })
        .collect();
    let (made, refused): (Vec<_>, Vec<_>) =
        posts.join_all().await.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 1);
    for other in refused {
        assert!(matches!(other, Err(Error::AlreadyCreated { .. })));
    }
    assert_eq!(how_many(&world, &ada).await, 1);
}

#[tokio::test]
async fn a_form_that_was_refused_can_be_sent_again() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    world.create(&ada, "ci", DAY).await.unwrap();
    let key = world.service.new_form_key().unwrap();
    assert_eq!(code(post(&world, &ada, "ci", &key).await), 1301);
    assert_eq!(code(post(&world, &ada, "cd", &key).await), 1);
}

#[on_every_database]
async fn two_users_with_one_form_key_get_tokens_of_their_own(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (ada, eve) = (world.signed_in("ada").await, world.signed_in("eve").await);
    let key = world.service.new_form_key().unwrap();
    let of_ada = post(&world, &ada, "ci", &key).await.unwrap().token;
    let of_eve = post(&world, &eve, "ci", &key).await.unwrap().token;
    assert_ne!(of_ada.id, of_eve.id);
    // The key isn't the id either, because a form must not choose an id.
    assert_ne!(of_ada.id.to_string(), key);
    for id in [of_ada.id, of_eve.id] {
        assert_eq!(id.as_uuid().get_version_num(), 7);
    }
}

#[on_every_database]
async fn a_form_key_that_was_never_given_out_is_refused(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let head = world.store.events().head().await.unwrap();
    let later = world.service.new_form_key().unwrap();
    world
        .clock
        .set(world.now().before(Duration::from_millis(60_001)));
    for key in [
        "",
        "1",
        "0193f2a0-7b1c-4d2e-8f00-0123456789ab",
        "0193f2a07b1c7d2e8f000123456789ab",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        &later,
    ] {
        assert_eq!(code(post(&world, &ada, "ci", key).await), 1000, "{key}");
    }
    assert_eq!(how_many(&world, &ada).await, 0);
    assert_eq!(world.store.events().head().await.unwrap(), head);
    // The clocks of servers differ, so a key can reach another server before its time.
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(code(post(&world, &ada, "ci", &later).await), 1);
}

#[on_every_database]
async fn a_form_key_is_valid_as_long_as_the_longest_session(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (first, second) = (
        world.service.new_form_key().unwrap(),
        world.service.new_form_key().unwrap(),
    );
    world.clock.advance(world.settings.session_absolute);
    let ada = world.signed_in("ada").await;
    assert_eq!(code(post(&world, &ada, "first", &first).await), 1);
    world.clock.advance(Duration::from_millis(1));
    let head = world.store.events().head().await.unwrap();
    // No owner chooses the time in a token's id.
    for key in [
        second.as_str(),
        "00000000-0000-7000-8000-000000000000",
        "0193f2a0-7b1c-7d2e-8f00-0123456789ab",
    ] {
        assert_eq!(code(post(&world, &ada, "ci", key).await), 1000, "{key}");
    }
    assert_eq!(how_many(&world, &ada).await, 1);
    assert_eq!(world.store.events().head().await.unwrap(), head);
}
