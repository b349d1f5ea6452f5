//! Users change their own passwords.

use std::time::Duration;

use ats_pat_domain::{Problem, Status};
use ats_pat_service::{Client, Error, PasswordChange, SignInResult, SignedIn};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

const NEW: &str = "orbit-of-velvet-plums-7";

async fn change(
    world: &World,
    by: &SignedIn,
    current: &str,
    new: &str,
    revoke_tokens: bool,
) -> Result<SignInResult, Error> {
    let change = PasswordChange {
        current: current.into(),
        new: new.into(),
        revoke_tokens,
    };
    let client = Client {
        address: ADDRESS,
        user_agent: Some("Firefox"),
    };
    world.service.change_password(by, change, client).await
}

async fn sign_in(world: &World, password: &str) -> u32 {
    code(
        world
            .service
            .sign_in("ada", &password.into(), ADDRESS)
            .await,
    )
}

#[on_every_database]
async fn a_new_password_ends_every_session_and_begins_another(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let here = world.signed_in("ada").await;
    let there = world.sign_in("ada").await;
    let eve = world.signed_in("eve").await;
    let kept = world.create(&here, "ci", DAY).await.unwrap();
    world.clock.advance(Duration::from_secs(1));

    let started = change(&world, &here, PASSWORD, NEW, false).await.unwrap();
    assert_eq!(started.user, here.user());
    let fresh = world
        .service
        .authenticate(started.session_id.expose_secret())
        .await
        .unwrap();
    for ended in [&here, &there] {
        assert_eq!(code(world.create(ended, "other", DAY).await), 1100);
    }
    assert_eq!(code(world.create(&eve, "other", DAY).await), 1);
    let sessions = world.service.sessions(&fresh).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].is_current);
    assert_eq!(sessions[0].user_agent.as_deref(), Some("Firefox"));
    assert_eq!(sessions[0].created_at, world.now());
    assert_eq!(code(world.exchange(&kept.secret).await), 1);

    assert_eq!(sign_in(&world, PASSWORD).await, 1101);
    assert_eq!(sign_in(&world, NEW).await, 1);
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn a_new_password_revokes_every_active_token_on_request(database: &TestDatabase) {
    let world = World::with(database.url(), |settings| {
        settings.policy.base.max_active_tokens = 200;
    })
    .await;
    let ada = world.signed_in("ada").await;
    let eve = world.signed_in("eve").await;
    let of_eve = world.create(&eve, "ci", DAY).await.unwrap();
    let expired = world
        .create(&ada, "expired", Duration::from_mins(1))
        .await
        .unwrap();
    // More than a page of tokens.
    let mut active = Vec::new();
    for number in 0..103 {
        let made = world.create(&ada, &format!("token {number}"), DAY).await;
        active.push(made.unwrap());
    }
    world.clock.advance(Duration::from_mins(1));
    let head = world.store.events().head().await.unwrap();
    let started = change(&world, &ada, PASSWORD, NEW, true).await.unwrap();
    for token in &active {
        assert_eq!(code(world.exchange(&token.secret).await), 1203);
    }
    assert_eq!(code(world.exchange(&of_eve.secret).await), 1);
    let fresh = world
        .service
        .authenticate(started.session_id.expose_secret())
        .await
        .unwrap();
    let expired = world
        .service
        .token(&fresh, &expired.token.id.to_string())
        .await;
    assert_eq!(expired.unwrap().status, Status::Expired);
    let events = world.store.events().from(head.seq + 1, 200).await.unwrap();
    let mut kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert!(
        events
            .iter()
            .all(|event| event.actor == format!("user:{}", ada.user().id))
    );
    assert_eq!(
        (kinds.remove(0), kinds.pop()),
        ("user.password_set", Some("session.started"))
    );
    assert_eq!(kinds, ["token.revoked"; 103]);
}

#[on_every_database]
async fn a_refused_password_leaves_everything_as_it_was(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let head = world.store.events().head().await.unwrap();
    for (current, new, expected) in [
        ("wrong", NEW, 1101),
        ("", NEW, 1101),
        (PASSWORD, "short", 1001),
        (PASSWORD, "password1234", 1001),
        (PASSWORD, PASSWORD, 1001),
    ] {
        let refused = change(&world, &ada, current, new, true).await;
        assert_eq!(code(refused), expected, "{current} {new}");
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);
    assert_eq!(code(world.create(&ada, "ci", DAY).await), 1);
    assert_eq!(sign_in(&world, PASSWORD).await, 1);
}

#[tokio::test]
async fn a_refused_password_is_reported_with_its_field_and_reason() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    for (new, reason) in [("short", "too_short"), (PASSWORD, "repeated")] {
        let refused = change(&world, &ada, PASSWORD, new, false).await;
        let Err(Error::Refused(problem @ Problem::ValidationFailed(_))) = refused else {
            panic!("{new} was not refused");
        };
        assert_eq!(problem.parameters(), ["NewPassword", reason]);
    }
}

#[tokio::test]
async fn wrong_current_passwords_count_with_the_sign_ins() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    for _ in 0..5 {
        let guessed = change(&world, &ada, "wrong", NEW, false).await;
        assert_eq!(code(guessed), 1101);
        assert_eq!(sign_in(&world, "wrong").await, 1101);
    }
    let right = change(&world, &ada, PASSWORD, NEW, false).await;
    assert_eq!(code(right), 1400);
    assert_eq!(sign_in(&world, PASSWORD).await, 1400);
    world.clock.advance(Duration::from_mins(15));
    assert_eq!(code(change(&world, &ada, PASSWORD, NEW, false).await), 1);
}

#[on_every_database]
async fn a_password_that_has_just_changed_is_not_changed_again(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let (first, second) = tokio::join!(
        change(&world, &ada, PASSWORD, NEW, false),
        change(&world, &ada, PASSWORD, "marble-kite-sings-42", false),
    );
    let mut codes = [code(first), code(second)];
    codes.sort_unstable();
    // The first one ended the session of the second.
    assert_eq!(codes, [1, 1100]);
}

#[on_every_database]
async fn a_password_is_not_replaced_by_somebody_who_knew_the_one_before(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    database
        .execute("CREATE TABLE kept AS SELECT * FROM sessions")
        .await;
    let operator = world.service.operator();
    let other = "marble-kite-sings-42";
    let set = operator.set_password("ada", &other.into(), false).await;
    assert_eq!(code(set), 1);
    // The session was ended. If it is put back, it grants nothing.
    database
        .execute("INSERT INTO sessions SELECT * FROM kept")
        .await;
    assert_eq!(code(change(&world, &ada, PASSWORD, NEW, false).await), 1100);
    assert_eq!(sign_in(&world, other).await, 1);
}
