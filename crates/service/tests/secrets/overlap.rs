//! A replaced secret that still works: until its overlap ends, and never longer.

use std::slice;
use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{Problem, Rule, Timestamp};
use ats_pat_service::view::TokenView;
use ats_pat_service::{Error, Narrowing, NewToken, Regeneration, TokenUpdate};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{HOUR, Scene, hours, scene};

impl Scene {
    async fn end(&self) -> TokenView {
        let service = &self.world.service;
        service.end_overlap(&self.ada, &self.id()).await.unwrap()
    }

    /// How often an overlap ended early, according to the log.
    async fn told_endings(&self) -> usize {
        self.told("token.overlap_ended").await
    }
}

#[on_every_database]
async fn both_secrets_work_until_the_overlap_ends(database: &TestDatabase) {
    let scene = scene(database).await;
    let before = scene.bearer(&scene.issued.secret).await;
    let until = scene.world.now().after(HOUR);
    let new = scene.regenerate(hours(1)).await.unwrap();
    assert_eq!(new.token.previous_secret_valid_until, Some(until));
    assert_eq!(scene.shown().await, new.token);
    let page = scene
        .world
        .service
        .list_tokens(&scene.ada, TokenQuery::of(None))
        .await
        .unwrap();
    assert_eq!(page.items, slice::from_ref(&new.token));

    let old = scene.bearer(&scene.issued.secret).await;
    let newer = scene.bearer(&new.secret).await;
    for bearer in [&before, &old, &newer] {
        assert!(scene.holds(bearer).await);
    }
    // In the last second nothing is minted.
    scene
        .world
        .clock
        .set(until.before(Duration::from_millis(999)));
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    scene.world.clock.set(until);
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    for bearer in [&before, &old] {
        assert!(!scene.holds(bearer).await, "it outlives its secret");
    }
    assert_eq!(scene.exchanged(&new.secret).await, 1);
    assert_eq!(scene.shown().await.previous_secret_valid_until, None);
}

#[on_every_database]
async fn no_authentication_token_outlives_its_secret(database: &TestDatabase) {
    let scene = scene(database).await;
    scene.regenerate(hours(2)).await.unwrap();
    let until = scene.world.now().after(2 * HOUR);
    scene.world.clock.set(until.before(Duration::from_mins(3)));
    let exchanged = scene.world.exchange(&scene.issued.secret).await.unwrap();
    assert!(exchanged.expires_at <= until);
    assert_eq!(exchanged.personal_access_token_expires_at, until);
}

#[on_every_database]
async fn the_old_secret_never_outlives_its_expiry(database: &TestDatabase) {
    let scene = scene(database).await;
    let expired_at = scene.issued.token.expires_at;
    let later = Regeneration {
        expires_at: Some(scene.world.now().after(DAY * 20).to_string()),
        ..hours(100)
    };
    let new = scene.regenerate(later).await.unwrap();
    assert_eq!(new.token.previous_secret_valid_until, Some(expired_at));
    scene.world.clock.set(expired_at);
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    assert_eq!(scene.exchanged(&new.secret).await, 1);
}

#[on_every_database]
async fn an_earlier_expiry_ends_secrets_that_would_outlive_it(database: &TestDatabase) {
    let scene = scene(database).await;
    let before = scene.bearer(&scene.issued.secret).await;
    let soon = scene.world.now().after(Duration::from_mins(10));
    let earlier = Regeneration {
        expires_at: Some(soon.to_string()),
        ..hours(2)
    };
    let new = scene.regenerate(earlier).await.unwrap();
    assert_eq!(new.token.previous_secret_valid_until, Some(soon));
    assert!(!scene.holds(&before).await, "it would outlive the token");
    let after = scene.world.exchange(&scene.issued.secret).await.unwrap();
    assert!(after.expires_at <= soon);
    scene.world.clock.set(soon);
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1202);
}

#[on_every_database]
async fn a_second_new_secret_ends_the_oldest(database: &TestDatabase) {
    let scene = scene(database).await;
    let oldest = scene.bearer(&scene.issued.secret).await;
    let second = scene.regenerate(hours(5)).await.unwrap();
    let third = scene.regenerate(hours(5)).await.unwrap();
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    assert!(!scene.holds(&oldest).await);
    assert_eq!(scene.exchanged(&second.secret).await, 1);
    assert_eq!(scene.exchanged(&third.secret).await, 1);
    // Without an overlap, every earlier secret ends.
    let fourth = scene.regenerate(hours(0)).await.unwrap();
    assert_eq!(fourth.token.previous_secret_valid_until, None);
    for old in [&second.secret, &third.secret] {
        assert_eq!(scene.exchanged(old).await, 1201);
    }
    assert_eq!(scene.exchanged(&fourth.secret).await, 1);
}

#[on_every_database]
async fn the_owner_ends_an_overlap_at_once_and_only_once(database: &TestDatabase) {
    let scene = scene(database).await;
    let new = scene.regenerate(hours(5)).await.unwrap();
    let old = scene.bearer(&scene.issued.secret).await;
    assert_eq!(scene.end().await.previous_secret_valid_until, None);
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    assert!(!scene.holds(&old).await);
    assert_eq!(scene.exchanged(&new.secret).await, 1);
    scene.end().await;
    assert_eq!(scene.told_endings().await, 1);
    // Another user's token looks like a missing one.
    let eve = scene.world.signed_in("eve").await;
    let ended = scene.world.service.end_overlap(&eve, &scene.id()).await;
    assert_eq!(code(ended), 1300);
}

#[on_every_database]
async fn the_first_use_of_the_new_secret_ends_the_old_one_on_request(database: &TestDatabase) {
    let scene = scene(database).await;
    let asked = Regeneration {
        end_overlap_at_first_use: true,
        ..hours(5)
    };
    let new = scene.regenerate(asked).await.unwrap();
    let old = scene.bearer(&scene.issued.secret).await;
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1, "not yet");
    let newer = scene.bearer(&new.secret).await;
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    assert!(!scene.holds(&old).await);
    assert!(scene.holds(&newer).await);
    assert_eq!(scene.shown().await.previous_secret_valid_until, None);
    assert_eq!(scene.exchanged(&new.secret).await, 1);
    assert_eq!(scene.told_endings().await, 1, "once");
    let other = scene.world.reopen().await.unwrap();
    assert_eq!(exchanged(&other, &new.secret).await, 1);
}

#[on_every_database]
async fn an_exchange_that_is_refused_ends_no_overlap(database: &TestDatabase) {
    let scene = scene(database).await;
    let asked = Regeneration {
        end_overlap_at_first_use: true,
        ..hours(5)
    };
    let new = scene.regenerate(asked).await.unwrap();
    let narrowing = Narrowing {
        audience: Some(vec!["https://elsewhere.example".to_owned()]),
        ..Narrowing::default()
    };
    let service = &scene.world.service;
    let refused = service.exchange_narrowed(&new.secret, &narrowing, ADDRESS);
    assert!(matches!(
        refused.await.map(drop),
        Err(Error::AudienceNotServed)
    ));
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1);
}

#[on_every_database]
async fn revoking_ends_both_secrets_and_either_may_revoke(database: &TestDatabase) {
    let scene = scene(database).await;
    let new = scene.regenerate(hours(5)).await.unwrap();
    let bearers = [
        scene.bearer(&scene.issued.secret).await,
        scene.bearer(&new.secret).await,
    ];
    let service = &scene.world.service;
    let revoked = service
        .revoke_as_holder(&scene.issued.secret, ADDRESS)
        .await;
    assert_eq!(code(revoked), 1);
    for secret in [&scene.issued.secret, &new.secret] {
        assert_eq!(scene.exchanged(secret).await, 1203);
    }
    for bearer in &bearers {
        assert!(!scene.holds(bearer).await);
    }
    assert_eq!(scene.shown().await.previous_secret_valid_until, None);
}

#[on_every_database]
async fn shortening_the_token_shortens_the_overlap(database: &TestDatabase) {
    let scene = scene(database).await;
    let new = scene.regenerate(hours(20)).await.unwrap();
    let soon: Timestamp = scene.world.now().after(HOUR * 3);
    let update = TokenUpdate {
        expires_at: Some(soon.to_string()),
        ..TokenUpdate::default()
    };
    let service = &scene.world.service;
    let updated = service.update_token(&scene.ada, &scene.id(), update).await;
    let updated = updated.unwrap();
    assert_eq!(updated.previous_secret_valid_until, Some(soon));
    scene.world.clock.set(soon);
    for secret in [&scene.issued.secret, &new.secret] {
        assert_eq!(scene.exchanged(secret).await, 1202);
    }
}

#[on_every_database]
async fn an_overlap_must_have_a_length_that_the_policy_allows(database: &TestDatabase) {
    let scene = scene(database).await;
    let forbidden = scene.regenerate(hours(7 * 24 + 1)).await.map(drop);
    let rule = Rule::Overlap;
    assert!(matches!(
        forbidden,
        Err(Error::Refused(Problem::PolicyForbids { rule: found })) if found == rule
    ));
    let endless = Regeneration {
        end_overlap_at_first_use: true,
        ..Regeneration::default()
    };
    assert_eq!(code(scene.regenerate(endless).await), 1001);
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1);
    scene.regenerate(hours(7 * 24)).await.unwrap();
}

#[on_every_database(each = [
        "UPDATE secrets SET valid_until = valid_until + 3600000 WHERE slot = 2",
        "UPDATE secrets SET slot = 2, valid_until = 9000000000000 WHERE slot IS NULL",
        "UPDATE secrets SET ends_overlap = NULL",
    ])]
async fn an_overlap_that_was_put_back_or_prolonged_grants_nothing(
    database: &TestDatabase,
    alter: &str,
) {
    let scene = scene(database).await;
    let asked = Regeneration {
        end_overlap_at_first_use: true,
        ..hours(1)
    };
    let new = scene.regenerate(asked).await.unwrap();
    if alter.contains("IS NULL") {
        scene.end().await;
    }
    database.execute(alter).await;
    let service = scene.world.reopen().await.unwrap();
    if alter.contains("ends_overlap") {
        assert_eq!(exchanged(&service, &new.secret).await, 1201, "{alter}");
    } else {
        assert_eq!(
            exchanged(&service, &scene.issued.secret).await,
            1201,
            "{alter}"
        );
    }
}

#[on_every_database]
async fn scopes_and_networks_apply_to_both_secrets(database: &TestDatabase) {
    let world = World::with(database.url(), |settings| {
        settings.policy.base.scopes = vec![Scope::new("orders:read", "Read orders").unwrap()];
    })
    .await;
    let ada = world.signed_in("ada").await;
    let new = NewToken {
        name: Some("line".to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        scopes: Some(vec!["orders:read".to_owned()]),
        allowed_networks: Some(vec!["192.0.2.0/24".to_owned()]),
        ..NewToken::default()
    };
    let issued = world.service.create_token(&ada, new).await.unwrap();
    let id = issued.token.id.to_string();
    let regenerated = world.service.regenerate_token(&ada, &id, hours(1)).await;
    let regenerated = regenerated.unwrap();
    for secret in [&issued.secret, &regenerated.secret] {
        let [elsewhere, there] = ["198.51.100.1", "192.0.2.9"].map(|it| it.parse().unwrap());
        assert_eq!(code(world.exchange_from(secret, elsewhere).await), 1204);
        let exchanged = world.exchange_from(secret, there).await.unwrap();
        assert_eq!(exchanged.scope(), "orders:read");
    }
}
