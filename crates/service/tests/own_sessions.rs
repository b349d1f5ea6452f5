//! A user's sessions: listing and ending them.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_service::view::SessionView;
use ats_pat_service::{Client, SignedIn};
use ats_pat_test_support::world::{ADDRESS, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

async fn sign_in(world: &World, name: &str, user_agent: Option<&str>) -> SignedIn {
    world.clock.advance(Duration::from_secs(1));
    let client = Client {
        address: ADDRESS,
        user_agent,
    };
    let result = world.service.sign_in(name, &PASSWORD.into(), client).await;
    let id = result.unwrap().session_id;
    let signed_in = world.service.authenticate(id.expose_secret()).await;
    signed_in.unwrap()
}

async fn sessions(world: &World, of: &SignedIn) -> Vec<SessionView> {
    world.service.sessions(of).await.unwrap()
}

fn user_agents(sessions: &[SessionView]) -> Vec<&str> {
    let shown = |session: &'_ SessionView| session.user_agent.is_some();
    assert!(sessions.iter().all(shown));
    sessions
        .iter()
        .filter_map(|session| session.user_agent.as_deref())
        .collect()
}

/// Whether the session is still valid.
async fn holds(world: &World, session: &SignedIn) -> bool {
    code(world.create(session, "ci", Duration::from_mins(1)).await) != 1100
}

#[on_every_database]
async fn a_user_sees_valid_sessions_with_the_current_one_first(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    world.add_user("eve").await;
    let started = world.now();
    sign_in(&world, "ada", Some("idle")).await;
    world.clock.advance(Duration::from_mins(25));
    let current = sign_in(&world, "ada", Some("current\n")).await;
    sign_in(&world, "eve", Some("eve's")).await;
    sign_in(&world, "ada", Some("second")).await;
    sign_in(&world, "ada", Some("third")).await;
    let seen = sessions(&world, &current).await;
    assert_eq!(user_agents(&seen), ["current", "third", "second", "idle"]);
    assert_eq!(
        seen.iter()
            .map(|session| session.is_current)
            .collect::<Vec<_>>(),
        [true, false, false, false]
    );
    let (first, last) = (&seen[0], &seen[3]);
    assert_eq!(first.address.as_deref(), Some("192.0.2.7"));
    assert_eq!(last.created_at, started.after(Duration::from_secs(1)));
    assert_eq!(last.last_seen_at, last.created_at);
    assert_eq!(
        last.ends_at,
        last.created_at.after(world.settings.session_absolute)
    );
    world.clock.advance(Duration::from_mins(5));
    let seen = sessions(&world, &current).await;
    assert_eq!(user_agents(&seen), ["current", "third", "second"]);
}

#[on_every_database]
async fn erased_and_unsent_details_are_not_shown(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    sign_in(&world, "ada", Some("old")).await;
    database.execute("DELETE FROM event_personal").await;
    let current = sign_in(&world, "ada", None).await;
    let seen = sessions(&world, &current).await;
    let origins: Vec<_> = seen
        .iter()
        .map(|session| (session.address.as_deref(), session.user_agent.as_deref()))
        .collect();
    assert_eq!(origins, [(Some("192.0.2.7"), None), (None, None)]);
}

#[on_every_database]
async fn a_session_that_was_planted_is_not_listed(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let current = world.signed_in("ada").await;
    sign_in(&world, "ada", Some("longer")).await;
    let altered = format!(
        "UPDATE sessions SET ends_at = ends_at + 1 WHERE created_at = {}",
        world.now().as_millis()
    );
    assert_eq!(database.execute(&altered).await, 1);
    let seen = sessions(&world, &current).await;
    assert_eq!(seen.len(), 1);
    assert!(seen[0].is_current);
}

#[on_every_database]
async fn only_its_user_can_end_a_session(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    world.add_user("eve").await;
    let (here, there) = (
        sign_in(&world, "ada", None).await,
        sign_in(&world, "ada", None).await,
    );
    let eve = sign_in(&world, "eve", None).await;
    let id_of = async |of| sessions(&world, of).await.remove(0).id;
    let (of_eve, of_there) = (id_of(&eve).await, id_of(&there).await);

    let head = world.store.events().head().await.unwrap();
    for id in [
        of_eve.as_str(),
        "",
        "00",
        &"0".repeat(64),
        &of_there.to_uppercase(),
    ] {
        let ended = world.service.end_session(&here, id).await.unwrap();
        assert!(!ended, "{id}");
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);
    assert!(holds(&world, &eve).await && holds(&world, &there).await);

    for still_there in [true, false] {
        let ended = world.service.end_session(&here, &of_there).await.unwrap();
        assert_eq!(ended, still_there);
    }
    assert!(holds(&world, &here).await && !holds(&world, &there).await);
    assert_eq!(sessions(&world, &here).await.len(), 1);
    // A session that ended can't end another.
    let of_here = id_of(&here).await;
    assert_eq!(
        code(world.service.end_session(&there, &of_here).await),
        1100
    );
    assert_eq!(code(world.service.end_other_sessions(&there).await), 1100);
    assert!(holds(&world, &here).await);
}

#[tokio::test]
async fn a_session_that_was_idle_too_long_looks_like_a_missing_one() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let idle = world.signed_in("ada").await;
    let id = sessions(&world, &idle).await.remove(0).id;
    world.clock.advance(world.settings.session_idle);
    let here = sign_in(&world, "ada", None).await;
    let ended = world.service.end_session(&here, &id).await.unwrap();
    assert!(!ended);
    assert!(!holds(&world, &idle).await, "it can't come back");
}

#[on_every_database]
async fn a_user_ends_all_other_sessions_and_learns_how_many(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    world.add_user("eve").await;
    let eve = sign_in(&world, "eve", None).await;
    let end = async |by| world.service.end_other_sessions(by).await.unwrap();
    sign_in(&world, "ada", None).await;
    world.clock.advance(world.settings.session_idle);
    let eve_again = sign_in(&world, "eve", None).await;
    let here = sign_in(&world, "ada", None).await;
    let there = sign_in(&world, "ada", None).await;
    assert_eq!(end(&here).await, 1, "the idle one was no longer valid");
    assert!(holds(&world, &here).await && !holds(&world, &there).await);
    assert!(holds(&world, &eve).await && holds(&world, &eve_again).await);
    let head = world.store.events().head().await.unwrap();
    assert_eq!(end(&here).await, 0);
    assert_eq!(world.store.events().head().await.unwrap(), head);
    let findings = world.service.operator().verify_audit().await.unwrap();
    assert_eq!(findings.findings, Vec::<String>::new());
}
