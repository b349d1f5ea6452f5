//! Parallel changes: the invariants are true on every database, whatever runs at the same time.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::secret::Slot;
use ats_pat_domain::{Problem, RateLimit};
use ats_pat_service::{Error, Regeneration};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use tokio::task::JoinSet;

#[on_every_database(flavor = "multi_thread")]
async fn fifty_parallel_regenerations_leave_one_working_secret(database: &TestDatabase) {
    let world = Arc::new(World::new(database.url()).await);
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id;
    let regenerates: JoinSet<_> = (0..50)
        .map(|_| {
            let (world, ada) = (Arc::clone(&world), ada.clone());
            async move {
                world
                    .service
                    .regenerate_token(&ada, &id.to_string(), Regeneration::default())
                    .await
            }
        })
        .collect();
    let mut secrets = vec![issued.secret];
    for regenerated in regenerates.join_all().await {
        secrets.push(regenerated.unwrap().secret);
    }
    let mut live = 0;
    for secret in &secrets {
        live += u32::from(code(world.exchange(secret).await) == 1);
    }
    assert_eq!(live, 1);
    let stored = world.store.secrets().of_token(id).await.unwrap();
    assert_eq!(stored.len(), 51);
    assert_eq!(
        stored
            .iter()
            .filter(|secret| secret.row.slot == Some(Slot::Current))
            .count(),
        1
    );
}

#[on_every_database(flavor = "multi_thread")]
async fn exactly_one_of_parallel_creates_with_one_name_succeeds(database: &TestDatabase) {
    let world = Arc::new(World::new(database.url()).await);
    let ada = world.signed_in("ada").await;
    let creates: JoinSet<_> = (0..20)
        .map(|n| {
            let (world, ada) = (Arc::clone(&world), ada.clone());
            let name = if n % 2 == 0 { "Straße" } else { "STRASSE" };
            async move { code(world.create(&ada, name, DAY).await) }
        })
        .collect();
    let mut codes = creates.join_all().await;
    codes.sort_unstable();
    assert_eq!(codes[0], 1);
    assert!(codes[1..].iter().all(|code| *code == 1301), "{codes:?}");
}

#[on_every_database(flavor = "multi_thread")]
async fn at_the_limit_exactly_the_allowed_number_of_creates_succeeds(database: &TestDatabase) {
    let world = Arc::new(
        World::with(database.url(), |settings| {
            settings.policy.base.max_active_tokens = 5;
        })
        .await,
    );
    let ada = world.signed_in("ada").await;
    let creates: JoinSet<_> = (0..20)
        .map(|n| {
            let (world, ada) = (Arc::clone(&world), ada.clone());
            async move { code(world.create(&ada, &format!("token {n}"), DAY).await) }
        })
        .collect();
    let codes = creates.join_all().await;
    assert_eq!(
        codes.iter().filter(|code| **code == 1).count(),
        5,
        "{codes:?}"
    );
    assert!(
        codes.iter().all(|code| [1, 1304].contains(code)),
        "{codes:?}"
    );
    let page = world
        .service
        .list_tokens(&ada, TokenQuery::of(None))
        .await
        .unwrap();
    assert_eq!(page.total, 5);
}

#[on_every_database]
async fn a_failing_event_insert_leaves_no_change(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let head = world.store.events().head().await.unwrap();
    // Somebody planted this row, and it has the next event's number.
    database
            .execute(&format!(
                "INSERT INTO events (seq, id, version, at, actor, kind, subject, details, key_id, hash) \
                 SELECT {}, {}, version, at, actor, kind, subject, details, key_id, hash FROM events WHERE seq = 1",
                head.seq + 1,
                database.uuid_literal("0193f2a0-7b1c-7d2e-8f00-0123456789ab"),
            ))
            .await;
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1500);
    assert_eq!(
        code(
            world
                .service
                .regenerate_token(&ada, &id, Regeneration::default())
                .await
        ),
        1500
    );
    assert_eq!(code(world.create(&ada, "other", DAY).await), 1500);
    assert_eq!(
        code(world.service.operator().disable_user("ada").await),
        1500
    );
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    let page = world
        .service
        .list_tokens(&ada, TokenQuery::of(None))
        .await
        .unwrap();
    assert_eq!((page.total, page.items[0].clone()), (1, issued.token));
}

#[on_every_database]
async fn a_session_that_has_just_ended_changes_nothing(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    world.service.operator().disable_user("ada").await.unwrap();
    assert_eq!(code(world.create(&ada, "other", DAY).await), 1100);
    assert_eq!(
        code(
            world
                .service
                .revoke_token(&ada, &issued.token.id.to_string())
                .await
        ),
        1100
    );
    world.service.operator().enable_user("ada").await.unwrap();
    assert_eq!(code(world.create(&ada, "other", DAY).await), 1100);
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
}

#[tokio::test]
async fn a_page_that_is_loaded_again_does_not_mint_again() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let seen = || Regeneration {
        expected_generation: Some(1),
        ..Regeneration::default()
    };
    let second = world
        .service
        .regenerate_token(&ada, &id, seen())
        .await
        .unwrap();
    assert_eq!(
        code(world.service.regenerate_token(&ada, &id, seen()).await),
        1303
    );
    assert_eq!(code(world.exchange(&second.secret).await), 1);
}

#[on_every_database]
async fn a_user_who_gets_too_many_secrets_in_a_minute_waits_but_may_still_revoke(
    database: &TestDatabase,
) {
    let world = World::with(database.url(), |settings| {
        settings.changes_per_user_per_minute = 3;
    })
    .await;
    let (ada, bob) = (world.signed_in("ada").await, world.signed_in("bob").await);
    let mut ids = Vec::new();
    for name in ["a", "b"] {
        let issued = world.create(&ada, name, DAY).await.unwrap();
        ids.push(issued.token.id.to_string());
    }
    let (first, second) = (&ids[0], &ids[1]);
    let regenerate = async |id: &str| {
        let asked = Regeneration::default();
        world.service.regenerate_token(&ada, id, asked).await
    };
    assert_eq!(code(regenerate(first).await), 1);
    let refused = Problem::TooManyRequests {
        seconds: 20,
        limit: Some(RateLimit {
            name: "change",
            quota: NonZeroU32::new(3).unwrap(),
            period: Duration::from_mins(1),
        }),
    };
    for result in [
        regenerate(first).await.map(drop),
        world.create(&ada, "c", DAY).await.map(drop),
    ] {
        assert!(matches!(result, Err(Error::Refused(told)) if told == refused));
    }
    assert_eq!(code(world.create(&bob, "c", DAY).await), 1, "another user");
    for id in [first, second] {
        assert_eq!(code(world.service.revoke_token(&ada, id).await), 1);
    }
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(code(world.create(&ada, "c", DAY).await), 1);
    assert_eq!(code(world.create(&ada, "d", DAY).await), 1400);
}

#[on_every_database(flavor = "multi_thread", worker_threads = 2)]
async fn revoking_again_waits_for_no_change(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let id = world
        .create(&ada, "ci", DAY)
        .await
        .unwrap()
        .token
        .id
        .to_string();
    let revoked = world.service.revoke_token(&ada, &id).await.unwrap();
    let head = world.store.events().head().await.unwrap();
    // Another change has the event log locked.
    let other = ats_pat_test_support::conformance::begin(&*world.store).await;
    let again = world.service.revoke_token(&ada, &id);
    let again = tokio::time::timeout(Duration::from_secs(5), again).await;
    assert_eq!(again.unwrap().unwrap(), revoked);
    other.rollback().await.unwrap();
    assert_eq!(world.store.events().head().await.unwrap(), head);
}
