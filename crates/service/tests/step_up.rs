//! An action that gives a secret, or power over others, requires a recent sign-in. A session is
//! confirmed by its password.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::group::Group;
use ats_pat_domain::{GroupPolicy, Problem};
use ats_pat_service::{
    Acting, Client, Error, NewServiceAccount, NewUser, Owner, Regeneration, SignInResult, SignedIn,
    StepUp,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, person};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::ExposeSecret;

const WITHIN: Duration = Duration::from_mins(15);

/// The policy requires a sign-in in the last quarter of an hour.
async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), |settings| {
        settings.policy.base.recent_sign_in_minutes = 15;
    })
    .await
}

async fn confirm(world: &World, by: &SignedIn, password: &str) -> Result<SignInResult, Error> {
    let client = Client {
        address: ADDRESS,
        user_agent: Some("Firefox"),
    };
    world
        .service
        .confirm_session(by, &password.into(), client)
        .await
}

async fn confirmed(world: &World, by: &SignedIn) -> SignedIn {
    let result = confirm(world, by, PASSWORD).await.unwrap();
    let id = result.session_id.expose_secret();
    world.service.authenticate(id).await.unwrap()
}

fn new_user(name: &str, administrator: bool, password: Option<&str>) -> NewUser {
    NewUser {
        password: password.map(Into::into),
        ..person(name, administrator)
    }
}

#[on_every_database]
async fn a_confirmed_session_replaces_the_one_before(database: &TestDatabase) {
    let world = world(database).await;
    world.add_user("ada").await;
    let sign_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await;
    let before = sign_in.unwrap().session_id;
    let by = world.service.authenticate(before.expose_secret()).await;
    let by = by.unwrap();
    let elsewhere = world.sign_in("ada").await;
    world.clock.advance(Duration::from_mins(20));

    let result = confirm(&world, &by, PASSWORD).await.unwrap();
    assert_eq!(result.user, by.user());
    assert_ne!(
        result.session_id.expose_secret(),
        before.expose_secret(),
        "a new id"
    );
    let ended = world.service.authenticate(before.expose_secret()).await;
    assert_eq!(code(ended), 1100);
    let fresh = result.session_id.expose_secret();
    let fresh = world.service.authenticate(fresh).await.unwrap();
    let sessions = world.service.sessions(&fresh).await.unwrap();
    assert_eq!(sessions.len(), 2, "the other session of the user goes on");
    assert!(sessions[0].is_current);
    assert_eq!(sessions[0].created_at, world.now());
    assert_eq!(sessions[0].user_agent.as_deref(), Some("Firefox"));
    assert_eq!(
        sessions[0].ends_at,
        world.now().after(world.settings.session_absolute)
    );
    assert_eq!(code(world.create(&fresh, "ci", DAY).await), 1);
    assert_eq!(code(world.create(&elsewhere, "other", DAY).await), 1104);

    for kind in [EventKind::SessionEnded, EventKind::SessionStarted] {
        let told = world.told(kind.as_str()).await;
        assert_eq!(told[0].event.details["Confirmed"], true, "{kind:?}");
    }
    // A caller who confirms the same session twice has lost the first answer.
    assert_eq!(code(confirm(&world, &by, PASSWORD).await), 1100);
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn a_session_with_an_old_sign_in_gives_no_secret(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let account = world.add_service_account("deploy", "ada").await.id;
    let owners = [Owner::Own, Owner::ServiceAccount(account)];
    let mut made = Vec::new();
    for owner in owners {
        let issued = world.create(Acting::on(&ada, owner), "ci", DAY).await;
        made.push(issued.unwrap());
    }
    world.clock.advance(WITHIN);
    assert_eq!(code(world.create(&ada, "in time", DAY).await), 1);
    world.clock.advance(Duration::from_millis(1));
    let head = world.store.events().head().await.unwrap();
    for (owner, issued) in owners.into_iter().zip(&made) {
        let acting = Acting::on(&ada, owner);
        let refused = world.create(acting, "late", DAY).await;
        assert!(
            matches!(
                refused,
                Err(Error::Refused(Problem::RecentSignInRequired {
                    minutes: 15
                }))
            ),
            "{owner:?}"
        );
        let new = world.new_token("late", DAY);
        let key = world.service.new_form_key().unwrap();
        let once = world.service.create_token_once(acting, new, &key).await;
        assert_eq!(code(once), 1104);
        let id = issued.token.id.to_string();
        let asked = Regeneration::default();
        let regenerated = world.service.regenerate_token(acting, &id, asked).await;
        assert_eq!(code(regenerated), 1104);
        assert_eq!(code(world.exchange(&issued.secret).await), 1);
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);

    let ada = confirmed(&world, &ada).await;
    for (owner, issued) in owners.into_iter().zip(&made) {
        let acting = Acting::on(&ada, owner);
        assert_eq!(code(world.create(acting, "late", DAY).await), 1);
        let id = issued.token.id.to_string();
        let asked = Regeneration::default();
        let regenerated = world.service.regenerate_token(acting, &id, asked).await;
        assert_eq!(code(regenerated), 1);
    }
}

#[tokio::test]
async fn taking_rights_away_never_requires_a_recent_sign_in() {
    let database = sqlite();
    let world = world(&database).await;
    let ada = world.administrator("ada").await;
    world.add_user("bob").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    world.clock.advance(Duration::from_mins(20));
    let service = &world.service;
    assert_eq!(code(service.token(&ada, &id).await), 1);
    assert_eq!(code(service.revoke_token(&ada, &id).await), 1);
    assert_eq!(code(service.end_other_sessions(&ada).await), 1);
    let operator = service.administrator(&ada).unwrap();
    assert_eq!(code(operator.disable_user("bob").await), 1);
}

#[on_every_database]
async fn administrators_set_passwords_and_rights_only_after_a_recent_sign_in(
    database: &TestDatabase,
) {
    // Although the policy requires nothing.
    let world = World::new(database.url()).await;
    let ada = world.administrator("ada").await;
    world.add_user("bob").await;
    let secret = "orbit-of-velvet-plums-7";
    world.clock.advance(WITHIN);
    let operator = world.service.administrator(&ada).unwrap();
    let set = operator.set_password("bob", &secret.into(), false).await;
    assert_eq!(code(set), 1);
    world.clock.advance(Duration::from_millis(1));
    let head = world.store.events().head().await.unwrap();
    let set = operator.set_password("bob", &PASSWORD.into(), false).await;
    assert_eq!(code(set), 1104);
    for new in [
        new_user("eve", false, Some(secret)),
        new_user("eve", true, None),
    ] {
        assert_eq!(code(operator.add_user(new).await), 1104);
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);
    assert_eq!(
        code(world.create(&ada, "ci", DAY).await),
        1,
        "the policy requires nothing"
    );
    // Neither of these gives anybody anything that works.
    assert_eq!(
        code(operator.add_user(new_user("eve", false, None)).await),
        1
    );
    let account = NewServiceAccount {
        name: "deploy".to_owned(),
        id: None,
        display_name: None,
        email: None,
        responsible: "bob".to_owned(),
    };
    assert_eq!(code(operator.add_service_account(account).await), 1);

    let ada = confirmed(&world, &ada).await;
    let operator = world.service.administrator(&ada).unwrap();
    let set = operator.set_password("bob", &PASSWORD.into(), false).await;
    assert_eq!(code(set), 1);
    let added = operator.add_user(new_user("grace", true, Some(secret)));
    assert_eq!(code(added.await), 1);
}

#[tokio::test]
async fn a_wrong_password_confirms_nothing_and_counts_with_the_sign_ins() {
    let database = sqlite();
    let world = world(&database).await;
    let ada = world.signed_in("ada").await;
    world.clock.advance(Duration::from_mins(20));
    assert_eq!(code(confirm(&world, &ada, "").await), 1001);
    for attempt in 0..10 {
        let refused = confirm(&world, &ada, "wrong-horse-1").await;
        assert_eq!(code(refused), 1101, "{attempt}");
    }
    assert_eq!(code(confirm(&world, &ada, PASSWORD).await), 1400);
    let sign_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await;
    assert_eq!(code(sign_in), 1400, "both count together");
    assert_eq!(code(world.service.sessions(&ada).await), 1);
    assert_eq!(code(world.create(&ada, "ci", DAY).await), 1104);
    world.clock.advance(Duration::from_mins(5));
    assert_eq!(code(confirm(&world, &ada, PASSWORD).await), 1);
    assert!(world.told(EventKind::SessionEnded.as_str()).await.len() == 1);
}

#[tokio::test]
async fn a_session_is_not_confirmed_by_the_earlier_password() {
    let database = sqlite();
    let world = world(&database).await;
    let ada = world.signed_in("ada").await;
    let operator = world.service.operator();
    let new = "orbit-of-velvet-plums-7";
    let set = operator.set_password("ada", &new.into(), false).await;
    set.unwrap();
    // The session was found before its user got a new password.
    assert_eq!(code(confirm(&world, &ada, PASSWORD).await), 1100);
    let ada = world.service.sign_in("ada", &new.into(), ADDRESS).await;
    let ada = ada.unwrap().session_id;
    let ada = world.service.authenticate(ada.expose_secret()).await;
    world.service.operator().disable_user("ada").await.unwrap();
    assert_eq!(code(confirm(&world, &ada.unwrap(), new).await), 1100);
}

#[on_every_database]
async fn the_groups_of_the_signed_in_user_also_decide_for_service_accounts(
    database: &TestDatabase,
) {
    let world = World::with(database.url(), |settings| {
        settings.policy.base.recent_sign_in_minutes = 60;
        let group = |name: &str, minutes| GroupPolicy {
            recent_sign_in_minutes: Some(minutes),
            ..GroupPolicy::of(Group::new(name).unwrap())
        };
        settings.policy.groups = vec![group("corp/builders", 0), group("corp/contractors", 15)];
    })
    .await;
    world.add_user("ada").await;
    let account = world.add_service_account("deploy", "ada").await.id;
    let account = Owner::ServiceAccount(account);
    // The account's own groups don't count, because nobody signs in as the account.
    let operator = world.service.operator();
    let of_account = ["corp/contractors".to_owned()];
    operator.set_groups("deploy", &of_account).await.unwrap();
    for (groups, minutes) in [
        (&[][..], Some(60)),
        (&["corp/builders"], None),
        (&["corp/contractors"], Some(15)),
        (&["corp/builders", "corp/contractors"], Some(15)),
    ] {
        let names: Vec<String> = groups.iter().map(ToString::to_string).collect();
        let operator = world.service.operator();
        operator.set_groups("ada", &names).await.unwrap();
        let ada = world.sign_in("ada").await;
        let view = world.service.service_account(&ada, account).await.unwrap();
        for account in [None, Some(&view)] {
            let policy = world.service.policy_for(&ada, account).await.unwrap();
            assert_eq!(policy.recent_sign_in_minutes, minutes.unwrap_or(0));
        }
        // Longer than a session may be idle, because a change checks only the end of a session that
        // was found before.
        let minutes = minutes.unwrap_or(600);
        world.clock.advance(Duration::from_mins(minutes.into()));
        let service = &world.service;
        let recent = service.require_recent_sign_in(&ada, StepUp::ByPolicy);
        assert_eq!(code(recent.await), 1);
        world.clock.advance(Duration::from_millis(1));
        let refused = if minutes == 600 { 1 } else { 1104 };
        for owner in [Owner::Own, account] {
            let name = format!("of {}", groups.join(" "));
            let made = world.create(Acting::on(&ada, owner), &name, DAY).await;
            assert_eq!(code(made), refused, "{groups:?}");
        }
    }
}

#[tokio::test]
async fn a_sign_in_from_the_future_is_not_recent() {
    let database = sqlite();
    let world = world(&database).await;
    let now = world.now();
    world.clock.advance(Duration::from_hours(24));
    let ada = world.signed_in("ada").await;
    world.clock.set(now);
    assert_eq!(code(world.create(&ada, "ci", DAY).await), 1104);
    let ada = confirmed(&world, &ada).await;
    assert_eq!(code(world.create(&ada, "ci", DAY).await), 1);
    // Another server's clock may be a little ahead.
    world.clock.set(now.before(Duration::from_mins(1)));
    assert_eq!(code(world.create(&ada, "other", DAY).await), 1);
}
