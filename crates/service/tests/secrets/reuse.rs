//! Uses of dead secrets are shown to their owner.

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_service::view::NamedEventView;
use ats_pat_test_support::world::{DAY, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::SecretString;

use crate::scene::{HOUR, Scene, hours, scene};

impl Scene {
    /// Uses a dead secret. Returns the code of the refusal.
    async fn use_ended(&self, secret: &SecretString) -> u32 {
        let refused = self.exchanged(secret).await;
        self.world.service.flush().await;
        refused
    }

    async fn reuses(&self) -> Vec<NamedEventView> {
        self.world.told("token.ended_secret_used").await
    }

    async fn reused_at(&self) -> Option<Timestamp> {
        self.shown().await.ended_secret_used_at
    }
}

#[on_every_database]
async fn a_use_of_a_replaced_secret_is_recorded_once_in_an_hour(database: &TestDatabase) {
    let scene = scene(database).await;
    let old = &scene.issued.secret;
    let new = scene.regenerate(hours(0)).await.unwrap().secret;
    let first = scene.world.now();
    for _ in 0..3 {
        assert_eq!(scene.use_ended(old).await, 1201);
    }
    assert_eq!(scene.reuses().await.len(), 1);
    assert_eq!(scene.reused_at().await, Some(first));
    let (service, id) = (&scene.world.service, scene.id());
    let events = service.token_events(&scene.ada, &id, 10).await.unwrap();
    assert_eq!(events[0].kind, "token.ended_secret_used");
    // It revokes nothing, and the new secret still works.
    assert_eq!(scene.exchanged(&new).await, 1);

    scene.world.clock.advance(HOUR);
    let second = scene.world.now();
    assert_eq!(scene.use_ended(old).await, 1201);
    assert_eq!(scene.reuses().await.len(), 2);
    assert_eq!(scene.reused_at().await, Some(second));
}

#[on_every_database]
async fn a_use_of_a_revoked_token_is_recorded(database: &TestDatabase) {
    let scene = scene(database).await;
    let service = &scene.world.service;
    service.revoke_token(&scene.ada, &scene.id()).await.unwrap();
    assert_eq!(scene.use_ended(&scene.issued.secret).await, 1203);
    let told = scene.reuses().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event.owner, Some(scene.ada.user().id));
}

#[on_every_database]
async fn a_secret_in_overlap_is_not_reused(database: &TestDatabase) {
    let scene = scene(database).await;
    scene.regenerate(hours(2)).await.unwrap();
    assert_eq!(scene.use_ended(&scene.issued.secret).await, 1);
    assert_eq!(scene.reuses().await.len(), 0);
    scene.world.clock.advance(HOUR * 2);
    assert_eq!(scene.use_ended(&scene.issued.secret).await, 1201);
    assert_eq!(scene.reuses().await.len(), 1);
}

#[on_every_database]
async fn expired_tokens_and_guesses_are_not_reuse(database: &TestDatabase) {
    let scene = scene(database).await;
    let guess = "atspat_00000000000000000000000000000000000000000002CZclj".into();
    assert_eq!(scene.use_ended(&guess).await, 1201);
    scene.world.clock.advance(DAY);
    assert_eq!(scene.use_ended(&scene.issued.secret).await, 1202);
    assert_eq!(scene.reuses().await.len(), 0);
}

#[on_every_database]
async fn two_servers_record_a_reuse_once_in_an_hour(database: &TestDatabase) {
    let scene = scene(database).await;
    scene.regenerate(hours(0)).await.unwrap();
    let other = scene.world.reopen().await.unwrap();
    for service in [&scene.world.service, &other] {
        assert_eq!(exchanged(service, &scene.issued.secret).await, 1201);
    }
    scene.world.service.flush().await;
    other.flush().await;
    assert_eq!(scene.reuses().await.len(), 1);
}

#[on_every_database]
async fn writing_to_the_database_does_not_hide_a_reuse(database: &TestDatabase) {
    let scene = scene(database).await;
    scene.regenerate(hours(0)).await.unwrap();
    for ahead in [Duration::ZERO, DAY * 365] {
        scene.world.clock.advance(HOUR);
        let planted = scene.world.now().after(ahead).as_millis();
        let plant = format!("UPDATE tokens SET reused_at = {planted}");
        database.execute(&plant).await;
        let told = scene.reuses().await.len();
        assert_eq!(scene.use_ended(&scene.issued.secret).await, 1201);
        assert_eq!(scene.reuses().await.len(), told + 1, "{ahead:?}");
    }
}
