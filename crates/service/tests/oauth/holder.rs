//! The holder of a personal access token may revoke it.

use std::time::Duration;

use ats_pat_domain::Status;
use ats_pat_service::{Error, Regeneration};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::SecretString;
use serde_json::Value;

use crate::scene::{events_after, last_seq, world};

async fn revoke(world: &World, secret: &SecretString) -> u32 {
    code(world.service.revoke_as_holder(secret, ADDRESS).await)
}

#[on_every_database]
async fn the_holder_ends_the_token_and_the_log_says_from_where(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let seq = last_seq(&world).await;
    let revoked = world
        .service
        .revoke_as_holder(&issued.secret, ADDRESS)
        .await;
    revoked.unwrap();
    assert_eq!(code(world.exchange(&issued.secret).await), 1203);
    let shown = world.service.token(&ada, &id).await.unwrap();
    assert_eq!(
        (shown.status, shown.revoked_at),
        (Status::Revoked, Some(world.now()))
    );
    assert_eq!(revoke(&world, &issued.secret).await, 1, "again");
    let events = events_after(&world, seq).await;
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!(
        (event.actor.as_str(), event.kind.as_str(), &event.subject),
        ("holder", "token.revoked", &id)
    );
    assert_eq!(event.owner, Some(ada.user().id));
    let details: Value = serde_json::from_slice(&event.details).unwrap();
    assert_eq!(details["ReportedAsLeaked"], false);
    let personal = &event.personal.as_ref().unwrap().data;
    let personal: Value = serde_json::from_slice(personal).unwrap();
    assert_eq!(
        (&personal["Address"], &personal["Name"]),
        (&Value::from("192.0.2.7"), &Value::from("ci"))
    );
    let audit = world.service.operator().verify_audit().await.unwrap();
    assert!(audit.findings.is_empty(), "{:?}", audit.findings);
}

#[on_every_database]
async fn a_replaced_secret_ends_nothing(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let first = world.create(&ada, "ci", DAY).await.unwrap();
    let id = first.token.id.to_string();
    let second = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default())
        .await
        .unwrap();
    let seq = last_seq(&world).await;
    assert_eq!(revoke(&world, &first.secret).await, 1);
    assert_eq!(last_seq(&world).await, seq);
    assert_eq!(code(world.exchange(&second.secret).await), 1);
}

#[on_every_database]
async fn a_secret_that_was_just_replaced_does_not_end_its_successor(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    for round in 0..20 {
        let name = round.to_string();
        let first = world.create(&ada, &name, DAY).await.unwrap();
        let id = first.token.id.to_string();
        let (regenerated, revoked) = tokio::join!(
            world
                .service
                .regenerate_token(&ada, &id, Regeneration::default()),
            revoke(&world, &first.secret),
        );
        assert_eq!(revoked, 1);
        match regenerated {
            // The new secret was never shown to the holder of the old one.
            Ok(second) => {
                let second = second.secret;
                assert_eq!(code(world.exchange(&second).await), 1, "{round}");
            }
            Err(error) => assert_eq!(code::<()>(Err(error)), 1303, "{round}"),
        }
    }
}

#[on_every_database]
async fn expired_tokens_and_those_of_disabled_owners_can_be_revoked(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let short = world
        .create(&ada, "short", Duration::from_secs(5))
        .await
        .unwrap();
    let long = world.create(&ada, "long", DAY).await.unwrap();
    world.clock.advance(Duration::from_secs(5));
    world.service.operator().disable_user("ada").await.unwrap();
    for issued in [&short, &long] {
        assert_eq!(revoke(&world, &issued.secret).await, 1);
        assert_eq!(code(world.exchange(&issued.secret).await), 1203);
    }
}

#[tokio::test]
async fn guesses_spend_the_budget_of_failures_and_real_tokens_still_end() {
    let database = ats_pat_test_support::sqlite();
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let guess = SecretString::from("atspat_guess");
    for attempt in 0..100 {
        assert_eq!(revoke(&world, &guess).await, 1, "{attempt}");
    }
    assert_eq!(revoke(&world, &guess).await, 1400);
    assert_eq!(
        code(world.exchange(&guess).await),
        1400,
        "all share one budget"
    );
    assert_eq!(revoke(&world, &issued.secret).await, 1);
    assert_eq!(code(world.exchange(&issued.secret).await), 1203);
}

#[tokio::test]
async fn authentication_tokens_are_not_revoked() {
    let database = ats_pat_test_support::sqlite();
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let bearer = world.exchange(&issued.secret).await.unwrap().token;
    let refused = world.service.revoke_as_holder(&bearer, ADDRESS).await;
    assert!(matches!(refused, Err(Error::NotRevocable)));
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
}
