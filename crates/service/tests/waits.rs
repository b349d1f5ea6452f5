//! A change that takes rights away is answered once no server answers from before it, even if the
//! rights were already taken away.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::future::Future;
use std::time::Duration;

use ats_pat_service::{
    PasswordChange, Regeneration, RestoreChoice, Rotation, Service, TokenUpdate,
};
use ats_pat_test_support::sqlite;
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World};
use ats_pat_token::PersonalAccessToken;
use tokio::time::Instant;

/// The longest lease, and a quarter more.
const SETTLED_AFTER: Duration = Duration::from_millis(250);
const NEW_PASSWORD: &str = "orbit-of-velvet-plums-7";

/// The answer of a use case that must have waited.
async fn waited<T, E: std::fmt::Debug>(
    what: &str,
    use_case: impl Future<Output = Result<T, E>>,
) -> T {
    let began = Instant::now();
    let answer = use_case.await.unwrap();
    assert!(began.elapsed() >= SETTLED_AFTER, "{what} did not wait");
    answer
}

#[tokio::test]
async fn an_owner_waits() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let id = world.create(&ada, "ci", DAY).await.unwrap().token.id;
    let id = id.to_string();
    let service = &world.service;
    let earlier = TokenUpdate {
        expires_at: Some(world.now().after(DAY / 2).to_string()),
        ..TokenUpdate::default()
    };
    let with_another_name = TokenUpdate {
        name: Some("renamed".to_owned()),
        ..earlier.clone()
    };
    for (what, asked) in [
        ("an earlier expiry", &earlier),
        ("the same expiry again", &earlier),
        ("the same expiry with another name", &with_another_name),
    ] {
        let update = service.update_token(&ada, &id, asked.clone());
        waited(what, update).await;
    }
    let regenerate = service.regenerate_token(&ada, &id, Regeneration::default());
    waited("regenerate", regenerate).await;
    let revoked = waited("revoke", service.revoke_token(&ada, &id)).await;
    let again = waited("revoke again", service.revoke_token(&ada, &id)).await;
    assert_eq!(again, revoked);
    let change = PasswordChange {
        current: PASSWORD.into(),
        new: NEW_PASSWORD.into(),
        revoke_tokens: true,
    };
    let changed = service.change_password(&ada, change, ADDRESS);
    waited("a new password", changed).await;
}

#[tokio::test]
async fn a_holder_waits() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let mut secrets = Vec::new();
    for name in ["shown", "leaked"] {
        secrets.push(world.create(&ada, name, DAY).await.unwrap().secret);
    }
    let unknown = PersonalAccessToken::from_random(&[7; 32]).expose().into();
    let service = &world.service;
    for (what, secret) in [
        ("shown", &secrets[0]),
        ("shown again", &secrets[0]),
        ("unknown", &unknown),
    ] {
        waited(what, service.revoke_as_holder(secret, ADDRESS)).await;
    }
    for what in ["reported", "reported again"] {
        waited(what, service.report_leaked(&secrets, ADDRESS)).await;
    }
    let unknown = [unknown];
    let reported = service.report_leaked(&unknown, ADDRESS);
    waited("unknown, reported", reported).await;
}

#[tokio::test]
async fn an_operator_waits() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let id = world.create(&ada, "ci", DAY).await.unwrap().token.id;
    let id = id.to_string();
    let operator = world.service.operator();
    for what in ["revoke", "revoke again"] {
        waited(what, operator.revoke_token(&id)).await;
    }
    let new_password = NEW_PASSWORD.into();
    let set = operator.set_password("ada", &new_password, true);
    waited("a new password", set).await;
    let groups = ["corp/builders".to_owned()];
    for what in ["other groups", "the same groups"] {
        waited(what, operator.set_groups("ada", &groups)).await;
    }
    for what in ["disable", "disable again"] {
        waited(what, operator.disable_user("ada")).await;
    }
    for rotation in [Rotation::Planned, Rotation::AtOnce, Rotation::Compromised] {
        let keys = waited("rotate", operator.rotate_keys(rotation)).await;
        assert_eq!(keys, operator.signing_keys().await.unwrap());
    }
}

#[tokio::test]
async fn an_accepted_restore_waits() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let seen = format!("1 999 {} -\n", "ab".repeat(33));
    std::fs::write(world.folder().join("anchor"), seen).unwrap();
    let accept = Service::accept_restore(world.parts(), RestoreChoice::Keep);
    waited("accept", accept).await;
}
