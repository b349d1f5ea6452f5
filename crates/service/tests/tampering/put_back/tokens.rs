//! A token and its secrets.

use std::time::Duration;

use ats_pat_service::{Regeneration, TokenUpdate};
use ats_pat_test_support::world::{DAY, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::put_back::calls::assert_nothing_is_laundered;
use crate::put_back::rows::{copy, put_back, services};
use crate::scene::{Scene, assert_found, scene};

#[on_every_database]
async fn a_revoked_token_stays_revoked(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, issued } = &scene;
    let id = issued.token.id.to_string();
    copy(database).await;
    assert_eq!(code(world.service.revoke_token(ada, &id).await), 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
    assert_nothing_is_laundered(&scene, "tokens").await;
    // Taking rights away never fails.
    assert_eq!(code(world.service.revoke_token(ada, &id).await), 1);
    assert_ne!(exchanged(&world.service, &issued.secret).await, 1);
    assert_found(world, "of tokens was planted or altered, and was ended").await;
}

#[on_every_database]
async fn a_replaced_secret_stays_replaced(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, issued } = &scene;
    let id = issued.token.id.to_string();
    copy(database).await;
    let anew = world
        .service
        .regenerate_token(ada, &id, Regeneration::default());
    assert_eq!(code(anew.await), 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
    assert_nothing_is_laundered(&scene, "tokens").await;
}

#[on_every_database]
async fn a_shortened_expiry_stays_shortened(database: &TestDatabase) {
    stays_shortened(&scene(database).await, database, DAY / 2).await;
}

#[on_every_database]
async fn a_near_expiry_that_moved_the_secret_to_another_place_stays_shortened(
    database: &TestDatabase,
) {
    let scene = scene(database).await;
    let before = scene.world.exchange(&scene.issued.secret).await;
    let before = before.unwrap().token;
    stays_shortened(&scene, database, DAY / 48).await;
    for service in services(&scene.world).await {
        let identity = service.identity(before.expose_secret()).await;
        assert_ne!(code(identity), 1);
    }
    assert_found(&scene.world, "of secrets is an older one, put back").await;
}

async fn stays_shortened(scene: &Scene, database: &TestDatabase, left: Duration) {
    let Scene { world, ada, issued } = scene;
    let id = issued.token.id.to_string();
    copy(database).await;
    let earlier = TokenUpdate {
        expires_at: Some(world.now().after(left).to_string()),
        ..TokenUpdate::default()
    };
    let shortened = world.service.update_token(ada, &id, earlier.clone());
    assert_eq!(code(shortened.await), 1);
    assert_eq!(exchanged(&world.service, &issued.secret).await, 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
    assert_nothing_is_laundered(scene, "tokens").await;
    // Nor does an edit.
    let description = TokenUpdate {
        description: Some("as before".to_owned()),
        ..TokenUpdate::default()
    };
    for asked in [earlier, description] {
        let edited = world.service.update_token(ada, &id, asked).await;
        assert_ne!(code(edited), 1);
    }
    assert_found(world, "of tokens is an older one, put back").await;
}

#[on_every_database]
async fn a_place_that_disabling_took_from_a_secret_does_not_come_back(database: &TestDatabase) {
    let Scene { world, issued, .. } = scene(database).await;
    let before = world.exchange(&issued.secret).await.unwrap();
    let bearer = before.token.expose_secret();
    assert_eq!(code(world.service.identity(bearer).await), 1);
    copy(database).await;
    let operator = world.service.operator();
    assert_eq!(code(operator.disable_user("ada").await), 1);
    assert_eq!(code(operator.enable_user("ada").await), 1);
    let older = "DELETE FROM secrets";
    database.execute(older).await;
    let back = "INSERT INTO secrets SELECT * FROM kept_secrets";
    database.execute(back).await;
    for service in services(&world).await {
        assert_ne!(code(service.identity(bearer).await), 1);
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
    assert_found(&world, "of secrets is an older one, put back").await;
}
