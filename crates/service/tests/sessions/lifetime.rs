//! How long a session is valid.

use std::time::Duration;

use ats_pat_test_support::world::{ADDRESS, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

#[on_every_database]
async fn a_session_ends_when_idle_at_its_end_and_at_sign_out(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let sign_in = || async {
        world
            .service
            .sign_in("ADA", &PASSWORD.into(), ADDRESS)
            .await
            .unwrap()
            .session_id
    };
    let idle = sign_in().await;
    world.clock.advance(Duration::from_mins(30));
    assert_eq!(
        code(world.service.authenticate(idle.expose_secret()).await),
        1100
    );
    let busy = sign_in().await;
    for _ in 0..24 {
        world.clock.advance(Duration::from_mins(29));
        assert_eq!(
            code(world.service.authenticate(busy.expose_secret()).await),
            1
        );
    }
    world.clock.advance(Duration::from_mins(24));
    assert_eq!(
        code(world.service.authenticate(busy.expose_secret()).await),
        1100,
        "12 hours are over"
    );
    let (first, second) = (sign_in().await, sign_in().await);
    let signed_out = world.service.sign_out(Some(first.expose_secret())).await;
    signed_out.unwrap();
    assert_eq!(
        code(world.service.authenticate(first.expose_secret()).await),
        1100
    );
    assert_eq!(
        code(world.service.authenticate(second.expose_secret()).await),
        1
    );
    world
        .service
        .operator()
        .set_password("ada", &"orbit-of-velvet-plums-7".into(), false)
        .await
        .unwrap();
    assert_eq!(
        code(world.service.authenticate(second.expose_secret()).await),
        1100
    );
    assert_eq!(
        code(
            world
                .service
                .sign_in("ada", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1101
    );
    assert_eq!(code(world.service.sign_out(None).await), 1);
}

#[tokio::test]
async fn a_session_in_use_stays_valid_even_with_a_short_idle_time() {
    let database = ats_pat_test_support::sqlite();
    let world = World::with(database.url(), |settings| {
        settings.session_idle = Duration::from_mins(1);
    })
    .await;
    world.add_user("ada").await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await;
    let session = signed_in.unwrap().session_id;
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(50));
        let held = world.service.authenticate(session.expose_secret()).await;
        assert_eq!(code(held), 1);
    }
}

#[on_every_database]
async fn a_user_has_a_limited_number_of_sessions_and_disabling_ends_them_all(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let mut sessions = Vec::new();
    for _ in 0..103 {
        world.clock.advance(Duration::from_millis(1));
        let signed_in = world
            .service
            .sign_in("ada", &PASSWORD.into(), ADDRESS)
            .await;
        sessions.push(signed_in.unwrap().session_id);
    }
    let holds = async |session: &secrecy::SecretString| {
        code(world.service.authenticate(session.expose_secret()).await)
    };
    assert_eq!(holds(&sessions[2]).await, 1100);
    assert_eq!(holds(&sessions[3]).await, 1);
    let disabled = world.service.operator().disable_user("ada").await;
    disabled.unwrap();
    assert_eq!(holds(&sessions[102]).await, 1100);
}
