//! The scope `all` is written out in claims.

use ats_pat_service::{Exchanged, Narrowing};
use ats_pat_test_support::world::{ADDRESS, World};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{create, introspect, introspector, world, world_with};

const WRITTEN_OUT: &str = "all orders:read orders:write";

async fn writes_all_out(url: &str) -> World {
    world_with(url, |settings| settings.expand_all_scope = true).await
}

/// The scopes of a token according to `/api/identity`.
async fn identity(world: &World, token: &SecretString) -> String {
    let identity = world.service.identity(token.expose_secret()).await;
    identity.unwrap().scopes.join(" ")
}

#[on_every_database]
async fn a_token_with_all_names_the_catalogue_in_every_answer(database: &TestDatabase) {
    let world = writes_all_out(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let issued = create(&world, &ada, "ci", &["all"]).await.unwrap();
    assert_eq!(issued.token.scopes, ["all"]);
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(exchanged.scope(), WRITTEN_OUT);
    assert_eq!(identity(&world, &exchanged.token).await, WRITTEN_OUT);
    for token in [&issued.secret, &exchanged.token] {
        let told = introspect(&world, &by, token).await.unwrap();
        assert_eq!(told.scope, WRITTEN_OUT);
    }
}

#[on_every_database]
async fn other_scopes_stay_as_they_are(database: &TestDatabase) {
    let world = writes_all_out(database.url()).await;
    let by = introspector(&world).await;
    let root = world.administrator("boss").await;
    let issued = create(&world, &root, "ci", &["introspect", "orders:read"])
        .await
        .unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(exchanged.scope(), "introspect orders:read");
    for token in [&issued.secret, &exchanged.token] {
        let told = introspect(&world, &by, token).await.unwrap();
        assert_eq!(told.scope, "introspect orders:read");
    }
}

#[tokio::test]
async fn all_can_be_narrowed_but_never_to_introspect() {
    let database = sqlite();
    let world = writes_all_out(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = create(&world, &ada, "ci", &["all"]).await.unwrap();
    for (asked, given) in [
        ("orders:write", Some("orders:write")),
        ("orders:write orders:read", Some("orders:read orders:write")),
        ("all", Some(WRITTEN_OUT)),
        ("introspect", None),
        ("all introspect", None),
        (WRITTEN_OUT, None),
    ] {
        let narrowing = Narrowing {
            scope: Some(asked.to_owned()),
            ..Narrowing::default()
        };
        let service = &world.service;
        let exchange = service.exchange_narrowed(&issued.secret, &narrowing, ADDRESS);
        let exchanged = exchange.await.ok();
        let scope = exchanged.as_ref().map(Exchanged::scope);
        assert_eq!(scope, given, "{asked}");
        if let Some(exchanged) = &exchanged {
            let said = identity(&world, &exchanged.token).await;
            assert_eq!(Some(said.as_str()), given, "{asked}");
        }
    }
}

#[tokio::test]
async fn without_the_setting_all_stays_one_word() {
    let database = sqlite();
    let world = world(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let issued = create(&world, &ada, "ci", &["all"]).await.unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(exchanged.scope(), "all");
    assert_eq!(identity(&world, &exchanged.token).await, "all");
    let told = introspect(&world, &by, &issued.secret).await.unwrap();
    assert_eq!(told.scope, "all");
}
