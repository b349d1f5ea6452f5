//! Unused tokens are revoked if the policy of their owner says so, and expired ones are removed if
//! the settings say so.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod removed;

use std::time::Duration;

use ats_pat_domain::group::Group;
use ats_pat_domain::{GroupPolicy, Status};
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Regeneration, Service, SignedIn};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

const HOUR: Duration = Duration::from_hours(1);
/// After how long the token of a user without groups is revoked at the latest.
const REVOKED_AFTER: Duration = Duration::from_hours(30 * 24 + 3);

async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), |settings| {
        settings.policy.base.revoke_unused_after_days = 30;
        let never = GroupPolicy {
            revoke_unused_after_days: Some(0),
            ..GroupPolicy::of(Group::new("corp/robots").unwrap())
        };
        let later = GroupPolicy {
            revoke_unused_after_days: Some(60),
            ..GroupPolicy::of(Group::new("corp/builders").unwrap())
        };
        settings.policy.groups = vec![never, later];
    })
    .await
}

async fn status(world: &World, by: &SignedIn, issued: &IssuedToken) -> Status {
    let id = issued.token.id.to_string();
    world.service.token(by, &id).await.unwrap().status
}

async fn revoke_unused(service: &Service) -> u64 {
    service.revoke_unused().await.unwrap()
}

#[on_every_database]
async fn an_unused_token_is_revoked_with_an_event(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let never_used = world.create(&ada, "never used", DAY * 300).await.unwrap();
    let used = world.create(&ada, "used", DAY * 300).await.unwrap();
    let regenerated = world.create(&ada, "regenerated", DAY * 300).await.unwrap();
    let expired = world.create(&ada, "expired", DAY).await.unwrap();
    world.clock.advance(DAY * 15);
    world.exchange(&used.secret).await.unwrap();
    world.service.flush().await;
    let ada = world.sign_in("ada").await;
    let id = regenerated.token.id.to_string();
    let anew = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default());
    assert_eq!(code(anew.await), 1);
    // Uses are written late, so a little more than the days has to pass.
    world.clock.advance(DAY * 15 + HOUR);
    assert_eq!(revoke_unused(&world.service).await, 0);
    world.clock.advance(HOUR * 2);
    assert_eq!(revoke_unused(&world.service).await, 1);
    let ada = world.sign_in("ada").await;
    assert_eq!(status(&world, &ada, &never_used).await, Status::Revoked);
    assert_eq!(status(&world, &ada, &used).await, Status::Active);
    assert_eq!(status(&world, &ada, &regenerated).await, Status::Active);
    assert_eq!(status(&world, &ada, &expired).await, Status::Expired);
    assert_eq!(code(world.exchange(&never_used.secret).await), 1203);
    let id = never_used.token.id.to_string();
    let events = world.service.token_events(&ada, &id, 1).await.unwrap();
    let event = &events[0];
    assert_eq!((&*event.kind, &*event.actor), ("token.revoked", "system"));
    assert_eq!(event.details["Unused"], true);
    assert_eq!(event.details["UnusedForDays"], 30);
    world.clock.advance(DAY * 15);
    assert_eq!(revoke_unused(&world.service).await, 2);
}

#[on_every_database]
async fn the_groups_of_the_owner_decide_after_how_long_unused_tokens_are_revoked(
    database: &TestDatabase,
) {
    let world = world(database).await;
    let mut issued = Vec::new();
    for (name, groups) in [
        ("ada", &[][..]),
        ("grace", &["corp/builders".to_owned()]),
        ("linus", &["corp/robots".to_owned()]),
        (
            "both",
            &["corp/builders".to_owned(), "corp/robots".to_owned()],
        ),
    ] {
        let by = world.signed_in(name).await;
        issued.push(world.create(&by, "ci", DAY * 300).await.unwrap().secret);
        let operator = world.service.operator();
        operator.set_groups(name, groups).await.unwrap();
    }
    let answers = async || {
        let mut answers = Vec::new();
        for secret in &issued {
            answers.push(code(world.exchange(secret).await));
        }
        answers
    };
    world.clock.advance(REVOKED_AFTER);
    assert_eq!(revoke_unused(&world.service).await, 1);
    world.clock.advance(DAY * 30);
    // The strictest group counts, and "never" is the least strict.
    assert_eq!(revoke_unused(&world.service).await, 2);
    assert_eq!(answers().await, [1203, 1203, 1, 1203]);
}

#[on_every_database(each = [
    "UPDATE tokens SET generation = -1 WHERE name = 'altered'",
    "UPDATE secrets SET generation = -1 \
     WHERE token_id = (SELECT id FROM tokens WHERE name = 'altered')",
    "UPDATE status_places SET generation = -1 \
     WHERE token_id = (SELECT id FROM tokens WHERE name = 'altered')",
])]
async fn a_token_that_cannot_be_read_keeps_no_other_one(database: &TestDatabase, statement: &str) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let altered = world.create(&ada, "altered", DAY * 300).await.unwrap();
    let unused = world.create(&ada, "unused", DAY * 300).await.unwrap();
    database.execute(statement).await;
    world.clock.advance(REVOKED_AFTER);
    revoke_unused(&world.service).await;
    assert_eq!(code(world.exchange(&unused.secret).await), 1203);
    assert_ne!(code(world.exchange(&altered.secret).await), 1);
}

#[on_every_database]
async fn several_servers_revoke_no_unused_token_twice(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    for number in 0..50 {
        let name = format!("token {number}");
        world.create(&ada, &name, DAY * 300).await.unwrap();
    }
    let kept = world.create(&ada, "kept", DAY * 300).await.unwrap();
    let other = world.reopen().await.unwrap();
    world.clock.advance(REVOKED_AFTER);
    world.exchange(&kept.secret).await.unwrap();
    world.service.flush().await;
    let (one, two) = tokio::join!(world.service.revoke_unused(), other.revoke_unused());
    assert_eq!(one.unwrap() + two.unwrap(), 50);
    let events = world.store.events().from(1, 1000).await.unwrap();
    let revoked = events.iter().filter(|event| event.kind == "token.revoked");
    assert_eq!(revoked.count(), 50);
    assert_eq!(code(world.exchange(&kept.secret).await), 1);
}
