//! A token regenerates itself: the old secret works until the new one is used, and no longer.

use std::time::Duration;

use ats_pat_domain::{Problem, Rule, Timestamp};
use ats_pat_service::{Error, NewToken, Regeneration, SelfRegenerated, Service, TokenUpdate};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret as _, SecretString};

use crate::scene::{HOUR, Scene, hours};

/// A user with a token that lasts a day and may regenerate itself for a month.
async fn scene(database: &TestDatabase) -> Scene {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let new = renewable(&world, DAY * 30);
    let issued = world.service.create_token(&ada, new).await.unwrap();
    Scene { world, ada, issued }
}

impl Scene {
    async fn renew_to(
        &self,
        secret: &SecretString,
        expires_at: Option<Timestamp>,
    ) -> Result<SelfRegenerated, Error> {
        let service = &self.world.service;
        let shown = [secret.expose_secret().as_bytes()];
        let holder = service.authenticate_holder(&shown, ADDRESS).await?;
        let expires_at = expires_at.map(|at| at.to_string());
        service
            .regenerate_itself(&holder, expires_at.as_deref())
            .await
    }

    async fn renew(&self, secret: &SecretString) -> Result<SelfRegenerated, Error> {
        self.renew_to(secret, None).await
    }

    async fn revoke_as_holder(&self, secret: &SecretString) {
        let service = &self.world.service;
        service.revoke_as_holder(secret, ADDRESS).await.unwrap();
    }
}

fn renewable(world: &World, until: Duration) -> NewToken {
    let at = |after: Duration| Some(world.now().after(after).to_string());
    NewToken {
        name: Some("pipeline".to_owned()),
        expires_at: at(DAY),
        may_regenerate_itself: true,
        regenerates_until: at(until),
        ..NewToken::default()
    }
}

#[on_every_database]
async fn the_old_secret_works_until_the_first_exchange_with_the_new_one(database: &TestDatabase) {
    let scene = scene(database).await;
    let old = &scene.issued.secret;
    scene.world.clock.advance(HOUR);
    let before = scene.bearer(old).await;
    let now = scene.world.now();
    let new = scene.renew(old).await.unwrap();
    assert_eq!(new.expires_at, now.after(DAY));
    assert_eq!(new.confirm_before, scene.issued.token.expires_at);
    assert_eq!(
        scene.shown().await.expires_at,
        scene.issued.token.expires_at
    );
    assert_eq!(scene.exchanged(old).await, 1);
    assert!(scene.holds(&before).await);

    let after = scene.bearer(&new.secret).await;
    assert_eq!(scene.exchanged(old).await, 1201);
    assert!(!scene.holds(&before).await, "it outlives its secret");
    assert!(scene.holds(&after).await);
    let shown = scene.shown().await;
    assert_eq!(
        (shown.expires_at, shown.regenerated_at),
        (new.expires_at, Some(now))
    );
    assert_eq!(scene.exchanged(&new.secret).await, 1);
    assert_eq!(scene.told("token.self_regenerated").await, 1);
    assert_eq!(scene.told("token.confirmed").await, 1);
}

#[on_every_database]
async fn a_secret_that_is_not_used_within_a_day_becomes_invalid_and_the_old_one_works(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let new = NewToken {
        expires_at: Some(world.now().after(DAY * 10).to_string()),
        ..renewable(&world, DAY * 30)
    };
    let issued = world.service.create_token(&ada, new).await.unwrap();
    let scene = Scene { world, ada, issued };
    let old = &scene.issued.secret;
    let unused = scene.renew(old).await.unwrap();
    assert_eq!(unused.confirm_before, scene.world.now().after(DAY));
    scene.world.clock.set(unused.confirm_before);
    assert_eq!(scene.exchanged(&unused.secret).await, 1201);
    assert_eq!(code(scene.renew(&unused.secret).await), 1201);
    assert_eq!(scene.exchanged(old).await, 1);
    let next = scene.renew(old).await.unwrap();
    assert_eq!(scene.exchanged(&next.secret).await, 1);
    assert_eq!(scene.exchanged(old).await, 1201);
}

#[on_every_database]
async fn asking_again_makes_the_secret_before_invalid(database: &TestDatabase) {
    let scene = scene(database).await;
    let old = &scene.issued.secret;
    let lost = scene.renew(old).await.unwrap();
    let kept = scene.renew(old).await.unwrap();
    assert_eq!(scene.exchanged(&lost.secret).await, 1201);
    assert_eq!(scene.exchanged(&kept.secret).await, 1);
    assert_eq!(scene.exchanged(old).await, 1201);
    assert_eq!(scene.exchanged(&lost.secret).await, 1201);
    assert_eq!(scene.told("token.self_regenerated").await, 2);
}

#[on_every_database]
async fn asking_with_the_new_secret_confirms_it_first(database: &TestDatabase) {
    let scene = scene(database).await;
    let second = scene.renew(&scene.issued.secret).await.unwrap();
    let third = scene.renew(&second.secret).await.unwrap();
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    assert_eq!(scene.exchanged(&second.secret).await, 1);
    assert_eq!(scene.exchanged(&third.secret).await, 1);
    assert_eq!(scene.exchanged(&second.secret).await, 1201);
}

#[on_every_database]
async fn asking_is_a_first_use_that_ends_an_overlap(database: &TestDatabase) {
    let scene = scene(database).await;
    let asked = Regeneration {
        end_overlap_at_first_use: true,
        ..hours(1)
    };
    let new = scene.regenerate(asked).await.unwrap();
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1);
    scene.renew(&new.secret).await.unwrap();
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1201);
    assert_eq!(scene.shown().await.previous_secret_valid_until, None);
    assert_eq!(scene.exchanged(&new.secret).await, 1);
}

#[on_every_database]
async fn a_refused_request_confirms_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let old = &scene.issued.secret;
    let new = scene.renew(old).await.unwrap();
    let beyond = scene.world.now().after(DAY * 31);
    assert_eq!(code(scene.renew_to(&new.secret, Some(beyond)).await), 1302);
    assert_eq!(scene.exchanged(old).await, 1);
    assert_eq!(scene.told("token.confirmed").await, 0);
}

#[on_every_database]
async fn no_secret_outlives_what_the_owner_allowed(database: &TestDatabase) {
    let scene = scene(database).await;
    let until = scene.issued.token.regenerates_until.unwrap();
    let mut secret = scene.issued.secret.clone();
    let beyond = scene.renew_to(&secret, Some(until.after(HOUR))).await;
    assert_eq!(code(beyond), 1302);
    while scene.world.now() < until.before(HOUR) {
        let new = scene.renew(&secret).await.unwrap();
        assert!(new.expires_at <= until);
        assert_eq!(scene.exchanged(&new.secret).await, 1);
        secret = new.secret;
        scene.world.clock.advance(HOUR * 23);
    }
    scene.world.clock.set(until.before(Duration::from_secs(2)));
    assert_eq!(scene.exchanged(&secret).await, 1);
    scene.world.clock.set(until);
    assert_eq!(scene.exchanged(&secret).await, 1202);
    assert_eq!(code(scene.renew(&secret).await), 1202);
}

#[on_every_database]
async fn only_a_token_that_may_regenerate_itself_gets_a_new_secret(database: &TestDatabase) {
    let scene = scene(database).await;
    let other = scene.world.create(&scene.ada, "other", DAY).await.unwrap();
    assert_eq!(code(scene.renew(&other.secret).await), 1208);
    // The holder of the next secret gets no secret in overlap.
    let current = scene.regenerate(hours(5)).await.unwrap();
    assert_eq!(code(scene.renew(&scene.issued.secret).await), 1208);
    let new = scene.renew(&current.secret).await.unwrap();
    // Three secrets work now. The first use of the last one ends the others.
    for secret in [&scene.issued.secret, &current.secret] {
        assert_eq!(scene.exchanged(secret).await, 1);
    }
    assert_eq!(scene.exchanged(&new.secret).await, 1);
    for secret in [&scene.issued.secret, &current.secret] {
        assert_eq!(scene.exchanged(secret).await, 1201);
    }
}

#[on_every_database]
async fn a_revocation_stops_the_holder_of_a_stolen_secret(database: &TestDatabase) {
    let scene = scene(database).await;
    let stolen = &scene.issued.secret;
    let mut thiefs = Vec::new();
    for _ in 0..3 {
        thiefs.push(scene.renew(stolen).await.unwrap().secret);
    }
    assert_eq!(scene.told("token.self_regenerated").await, 3);
    let service = &scene.world.service;
    service.revoke_token(&scene.ada, &scene.id()).await.unwrap();
    for secret in thiefs.iter().chain([stolen]) {
        let refused = scene.exchanged(secret).await;
        assert!([1201, 1203].contains(&refused), "{refused}");
        let refused = code(scene.renew(secret).await);
        assert!([1201, 1203].contains(&refused), "{refused}");
    }
}

#[on_every_database]
async fn a_new_secret_from_the_owner_ends_the_unused_one(database: &TestDatabase) {
    let scene = scene(database).await;
    let unused = scene.renew(&scene.issued.secret).await.unwrap();
    let new = scene.regenerate(Regeneration::default()).await.unwrap();
    for secret in [&unused.secret, &scene.issued.secret] {
        assert_eq!(scene.exchanged(secret).await, 1201);
    }
    assert_eq!(scene.exchanged(&new.secret).await, 1);
    // The token may regenerate itself as before.
    let next = scene.renew(&new.secret).await.unwrap();
    assert_eq!(scene.exchanged(&next.secret).await, 1);
}

#[on_every_database]
async fn an_earlier_expiry_ends_secrets_that_would_outlive_it(database: &TestDatabase) {
    let scene = scene(database).await;
    let unused = scene.renew(&scene.issued.secret).await.unwrap();
    let soon = scene.world.now().after(HOUR);
    let update = TokenUpdate {
        expires_at: Some(soon.to_string()),
        ..TokenUpdate::default()
    };
    let service = &scene.world.service;
    let id = scene.id();
    let updated = service.update_token(&scene.ada, &id, update);
    let updated = updated.await.unwrap();
    assert_eq!(updated.regenerates_until, Some(soon));
    assert_eq!(scene.exchanged(&unused.secret).await, 1201);
    let next = scene.renew(&scene.issued.secret).await.unwrap();
    assert_eq!(next.expires_at, soon);
    assert_eq!(scene.exchanged(&next.secret).await, 1);
    scene.world.clock.set(soon);
    assert_eq!(scene.exchanged(&next.secret).await, 1202);
}

#[on_every_database]
async fn a_disabled_owner_s_tokens_get_no_secrets(database: &TestDatabase) {
    let scene = scene(database).await;
    let unused = scene.renew(&scene.issued.secret).await.unwrap();
    let operator = scene.world.service.operator();
    operator.disable_user("ada").await.unwrap();
    for secret in [&scene.issued.secret, &unused.secret] {
        assert_eq!(code(scene.renew(secret).await), 1205);
        assert_eq!(scene.exchanged(secret).await, 1205);
    }
    operator.enable_user("ada").await.unwrap();
    assert_eq!(scene.exchanged(&unused.secret).await, 1);
}

#[on_every_database]
async fn a_secret_that_its_token_replaced_may_revoke_and_nothing_else(database: &TestDatabase) {
    let scene = scene(database).await;
    let first = &scene.issued.secret;
    let second = scene.renew(first).await.unwrap();
    assert_eq!(scene.exchanged(&second.secret).await, 1);
    assert_eq!(code(scene.renew(first).await), 1201);
    let service = &scene.world.service;
    let report = service.report_leaked(std::slice::from_ref(first), ADDRESS);
    report.await.unwrap();
    assert_eq!(scene.exchanged(&second.secret).await, 1);
    scene.revoke_as_holder(first).await;
    assert_eq!(scene.exchanged(&second.secret).await, 1203);
}

#[on_every_database]
async fn a_secret_that_its_owner_replaced_revokes_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let first = &scene.issued.secret;
    let void = scene.renew(first).await.unwrap();
    let new = scene.regenerate(Regeneration::default()).await.unwrap();
    for secret in [first, &void.secret] {
        scene.revoke_as_holder(secret).await;
    }
    assert_eq!(scene.exchanged(&new.secret).await, 1);
}

#[on_every_database]
async fn a_new_tokens_right_to_regenerate_itself_must_fit_the_policy(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let create = async |new: NewToken| match world.service.create_token(&ada, new).await {
        Err(Error::Refused(problem)) => problem,
        _ => panic!("it was made"),
    };
    let without_end = NewToken {
        regenerates_until: None,
        ..renewable(&world, DAY)
    };
    let without_right = NewToken {
        may_regenerate_itself: false,
        ..renewable(&world, DAY)
    };
    let introspecting = NewToken {
        scopes: Some(vec!["introspect".to_owned()]),
        ..renewable(&world, DAY)
    };
    let unreadable = NewToken {
        regenerates_until: Some("soon".to_owned()),
        ..renewable(&world, DAY)
    };
    for (new, parameters) in [
        (without_end, ["RegeneratesUntil", "required"]),
        (without_right, ["MayRegenerateItself", "required"]),
        (introspecting, ["MayRegenerateItself", "unknown_value"]),
        (unreadable, ["RegeneratesUntil", "not_a_time"]),
    ] {
        let refused = create(new).await;
        assert_eq!(refused.code().number(), 1001);
        assert_eq!(refused.parameters(), parameters);
    }
    let latest = world.now().after(DAY * 366);
    let beyond = create(renewable(&world, DAY * 367)).await;
    assert_eq!(beyond, Problem::ExpirationNotAllowed { latest });
}

#[on_every_database]
async fn a_policy_can_forbid_self_regeneration_for_new_and_existing_tokens(
    database: &TestDatabase,
) {
    let mut scene = scene(database).await;
    let mut parts = scene.world.parts();
    parts.settings.policy.base.self_regenerate_allowed = false;
    scene.world.service = Service::open(parts).await.unwrap();
    let ada = scene.world.sign_in("ada").await;
    let new = renewable(&scene.world, DAY);
    let refused = scene.world.service.create_token(&ada, new).await;
    let rule = Rule::SelfRegenerate;
    assert!(matches!(
        refused,
        Err(Error::Refused(problem)) if problem == Problem::PolicyForbids { rule }
    ));
    assert_eq!(code(scene.renew(&scene.issued.secret).await), 1208);
    assert_eq!(scene.exchanged(&scene.issued.secret).await, 1);
}
