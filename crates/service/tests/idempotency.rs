//! A request that is repeated with its key creates one token. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::problem::Place;
use ats_pat_domain::{Problem, Status};
use ats_pat_service::{CreatedOnce, Error, NewToken, SignedIn, TokenUpdate};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use tokio::task::JoinSet;

fn asked(world: &World) -> NewToken {
    NewToken {
        name: Some("ci".to_owned()),
        expires_at: Some(world.now().after(30 * DAY).to_string()),
        description: Some("builds".to_owned()),
        allowed_networks: Some(vec!["192.0.2.0/24".to_owned()]),
        ..NewToken::default()
    }
}

async fn send(
    world: &World,
    by: &SignedIn,
    new: &NewToken,
    key: &str,
) -> Result<CreatedOnce, Error> {
    let created = world.service.create_token_once(by, new.clone(), key);
    created.await
}

async fn how_many(world: &World, of: &SignedIn) -> u64 {
    let query = TokenQuery::of(None);
    world.service.list_tokens(of, query).await.unwrap().total
}

#[on_every_database]
async fn a_repeated_request_is_answered_without_the_secret(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    let new = asked(&world);
    let first = send(&world, &ada, &new, &key).await.unwrap();
    let secret = first.secret.unwrap();
    assert_eq!(code(world.exchange(&secret).await), 1);
    let head = world.store.events().head().await.unwrap();
    // Requests that mean the same are the same.
    let spelt_otherwise = NewToken {
        name: Some(" ci ".to_owned()),
        scopes: Some(vec!["all".to_owned(), "all".to_owned()]),
        allowed_networks: Some(vec!["192.0.2.77/24".to_owned()]),
        ..new.clone()
    };
    for (again, key) in [(&new, key.clone()), (&spelt_otherwise, key.to_uppercase())] {
        let replayed = send(&world, &ada, again, &key).await.unwrap();
        assert!(replayed.secret.is_none());
        assert_eq!(replayed.token.id, first.token.id);
    }
    assert_eq!(how_many(&world, &ada).await, 1);
    assert_eq!(world.store.events().head().await.unwrap(), head);
    assert_eq!(code(world.exchange(&secret).await), 1);
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn a_repeated_request_answers_a_changed_or_revoked_token_as_it_is(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    let new = asked(&world);
    let made = send(&world, &ada, &new, &key).await.unwrap();
    let id = made.token.id.to_string();
    let renamed = TokenUpdate {
        name: Some("nightly".to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        ..TokenUpdate::default()
    };
    let renamed = world.service.update_token(&ada, &id, renamed);
    let renamed = renamed.await.unwrap();
    let replayed = send(&world, &ada, &new, &key).await.unwrap();
    assert_eq!(replayed.token, renamed);
    let revoked = world.service.revoke_token(&ada, &id);
    let revoked = revoked.await.unwrap();
    let replayed = send(&world, &ada, &new, &key).await.unwrap();
    assert_eq!(replayed.token, revoked);
    assert_eq!(replayed.token.status, Status::Revoked);
    assert!(replayed.secret.is_none());
}

#[on_every_database]
async fn a_repeated_request_answers_a_token_that_has_just_ended(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    let mut new = asked(&world);
    new.expires_at = Some(world.now().after(Duration::from_mins(1)).to_string());
    let networks = ["192.0.2.0/24", "198.51.100.0/24"].map(ToOwned::to_owned);
    new.allowed_networks = Some(networks.to_vec());
    let made = send(&world, &ada, &new, &key).await.unwrap();
    world.clock.advance(Duration::from_mins(2));
    // The expiry has passed, and the networks are in another order, but it is the same request.
    new.allowed_networks = Some(networks.into_iter().rev().collect());
    let replayed = send(&world, &ada, &new, &key).await.unwrap();
    assert!(replayed.secret.is_none());
    assert_eq!(
        (replayed.token.id, replayed.token.status),
        (made.token.id, Status::Expired)
    );
    // With a new key, nothing was created before.
    let key = world.service.new_form_key().unwrap();
    assert_eq!(code(send(&world, &ada, &new, &key).await), 1302);
}

#[on_every_database]
async fn another_request_with_the_same_key_is_refused(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    let new = asked(&world);
    send(&world, &ada, &new, &key).await.unwrap();
    for other in [
        NewToken {
            name: Some("CI".to_owned()),
            ..new.clone()
        },
        NewToken {
            expires_at: Some(world.now().after(29 * DAY).to_string()),
            ..new.clone()
        },
        NewToken {
            description: None,
            ..new.clone()
        },
        NewToken {
            allowed_networks: None,
            ..new.clone()
        },
    ] {
        let refused = send(&world, &ada, &other, &key).await;
        assert!(matches!(
            refused,
            Err(Error::Refused(Problem::IdempotencyKeyReused))
        ));
    }
    assert_eq!(how_many(&world, &ada).await, 1);
    // The key of a form is not that of a request.
    let form = world.service.new_form_key().unwrap();
    let by_form = NewToken {
        name: Some("by a form".to_owned()),
        form_key: Some(form.clone()),
        ..new
    };
    world
        .service
        .create_token(&ada, by_form.clone())
        .await
        .unwrap();
    assert_eq!(code(send(&world, &ada, &by_form, &form).await), 1309);
}

#[on_every_database]
async fn two_users_with_one_key_get_tokens_of_their_own(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (ada, eve) = (world.signed_in("ada").await, world.signed_in("eve").await);
    let key = world.service.new_form_key().unwrap();
    let new = asked(&world);
    let of_ada = send(&world, &ada, &new, &key).await.unwrap();
    let of_eve = send(&world, &eve, &new, &key).await.unwrap();
    assert!(of_eve.secret.is_some());
    assert_ne!(of_ada.token.id, of_eve.token.id);
}

#[on_every_database]
async fn a_refused_request_can_be_repeated_with_its_key(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let id = world.create(&ada, "CI", DAY).await.unwrap().token.id;
    let key = world.service.new_form_key().unwrap();
    let new = asked(&world);
    assert_eq!(code(send(&world, &ada, &new, &key).await), 1301);
    let revoked = world.service.revoke_token(&ada, &id.to_string()).await;
    let _ = revoked.unwrap();
    let created = send(&world, &ada, &new, &key).await.unwrap();
    assert!(created.secret.is_some());
}

#[on_every_database]
async fn a_key_is_a_uuid_of_version_7_from_the_last_24_hours(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let key = world.service.new_form_key().unwrap();
    let (still, late) = (key.clone(), world.service.new_form_key().unwrap());
    world.clock.advance(DAY);
    let ada = world.signed_in("ada").await;
    let new = asked(&world);
    assert!(send(&world, &ada, &new, &still).await.is_ok());
    world.clock.advance(Duration::from_millis(1));
    let head = world.store.events().head().await.unwrap();
    let ahead = ats_pat_domain::IdempotencyKey::new(
        world.now().after(Duration::from_millis(60_001)),
        [7; 10],
    );
    for key in [
        "",
        "1",
        "0193f2a0-7b1c-4d2e-8f00-0123456789ab",
        "0193f2a07b1c7d2e8f000123456789ab",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
        &late,
        &still,
        &ahead.to_string(),
    ] {
        let refused = send(&world, &ada, &new, key).await;
        let Err(Error::Refused(Problem::InvalidRequest { place, path })) = refused else {
            panic!("{key} was taken");
        };
        assert_eq!(
            (place, path.as_deref()),
            (Place::Header, Some("Idempotency-Key"))
        );
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);
}

#[on_every_database(flavor = "multi_thread")]
async fn only_one_of_many_equal_requests_is_answered_with_the_secret(database: &TestDatabase) {
    let world = Arc::new(World::new(database.url()).await);
    let ada = world.signed_in("ada").await;
    let key = world.service.new_form_key().unwrap();
    let new = asked(&world);
    let sent: JoinSet<_> = (0..10)
        .map(|_| {
            let (world, ada, new, key) =
                (Arc::clone(&world), ada.clone(), new.clone(), key.clone());
            async move { send(&world, &ada, &new, &key).await.unwrap() }
        })
        .collect();
    let answers = sent.join_all().await;
    let with_secret = answers.iter().filter(|answer| answer.secret.is_some());
    assert_eq!(with_secret.count(), 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer.token.id == answers[0].token.id)
    );
    assert_eq!(how_many(&world, &ada).await, 1);
}
