//! A session.

use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::put_back::rows::{copy, put_back, services};
use crate::scene::{Scene, assert_found, scene};

#[on_every_database]
async fn an_ended_session_stays_ended(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = signed_in.session_id.expose_secret();
    let by = world.service.authenticate(id).await.unwrap();
    copy(database).await;
    assert_eq!(code(world.service.sign_out(Some(id)).await), 1);
    put_back(database).await;
    for service in services(&world).await {
        assert_eq!(code(service.authenticate(id).await), 1100);
    }
    // A change that began while it was valid doesn't accept it either.
    assert_eq!(code(world.create(&by, "another", DAY).await), 1100);
    assert_found(&world, "of sessions was removed once, and put back").await;
}

#[on_every_database]
async fn a_session_from_before_its_confirmation_stays_ended(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = signed_in.session_id.expose_secret();
    let by = world.service.authenticate(id).await.unwrap();
    copy(database).await;
    let confirmed = world
        .service
        .confirm_session(&by, &PASSWORD.into(), ADDRESS)
        .await;
    assert_eq!(code(confirmed), 1);
    put_back(database).await;
    for service in services(&world).await {
        assert_eq!(code(service.authenticate(id).await), 1100);
    }
    assert_eq!(code(world.create(&by, "another", DAY).await), 1100);
    assert_found(&world, "of sessions was removed once, and put back").await;
}

#[on_every_database]
async fn an_idle_session_ends_whatever_its_row_says(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let ada = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = ada.session_id.expose_secret();
    let idle = world.settings.session_idle;
    world.clock.advance(idle * 3 / 4);
    assert_eq!(code(world.service.authenticate(id).await), 1);
    // It was used, so it is still valid. Writing a later use gains nothing.
    world.clock.advance(idle * 3 / 4);
    assert_eq!(code(world.service.authenticate(id).await), 1);
    let later = world.now().after(idle).as_millis();
    let forge = format!("UPDATE sessions SET last_seen_at = {later}");
    database.execute(&forge).await;
    assert_eq!(code(world.service.authenticate(id).await), 1100);
}

#[on_every_database]
async fn a_session_that_was_hidden_while_the_password_changed_is_over(database: &TestDatabase) {
    let Scene { world, .. } = scene(database).await;
    let signed_in = world
        .service
        .sign_in("ada", &PASSWORD.into(), ADDRESS)
        .await
        .unwrap();
    let id = signed_in.session_id.expose_secret();
    copy(database).await;
    database.execute("DELETE FROM sessions").await;
    let set = world.service.operator();
    let new = "orbit-of-velvet-plums-7".into();
    assert_eq!(code(set.set_password("ada", &new, false).await), 1);
    let back = "INSERT INTO sessions SELECT * FROM kept_sessions";
    database.execute(back).await;
    for service in services(&world).await {
        assert_eq!(code(service.authenticate(id).await), 1100);
    }
}
