//! A deployment with a catalogue and two audiences.

use ats_pat_domain::event::Event;
use ats_pat_domain::scope::Scope;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Error, Introspection, NewToken, Settings, SignedIn};
use ats_pat_test_support::world::{DAY, ISSUER, World};
use secrecy::{ExposeSecret, SecretString};

/// The second audience. The first is the issuer.
pub const ORDERS: &str = "https://orders.example.com";

pub async fn world(url: &str) -> World {
    world_with(url, |_| {}).await
}

/// The same with other settings.
pub async fn world_with(url: &str, change: impl FnOnce(&mut Settings)) -> World {
    World::with(url, |settings| {
        settings.audience = vec![ISSUER.to_owned(), ORDERS.to_owned()];
        settings.policy.base.scopes = vec![
            Scope::new("orders:read", "Read orders").unwrap(),
            Scope::new("orders:write", "Write orders").unwrap(),
        ];
        change(settings);
    })
    .await
}

/// Creates a token with these scopes that lasts a day.
pub async fn create(
    world: &World,
    by: &SignedIn,
    name: &str,
    scopes: &[&str],
) -> Result<IssuedToken, Error> {
    let new = NewToken {
        name: Some(name.to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        scopes: Some(scopes.iter().map(ToString::to_string).collect()),
        ..NewToken::default()
    };
    world.service.create_token(by, new).await
}

/// An authentication token that may introspect.
pub async fn introspector(world: &World) -> SecretString {
    let root = world.administrator("root").await;
    let issued = create(world, &root, "gateway", &["introspect"])
        .await
        .unwrap();
    world.exchange(&issued.secret).await.unwrap().token
}

/// The introspection of `token`.
pub async fn introspect(
    world: &World,
    by: &SecretString,
    token: &SecretString,
) -> Option<Introspection> {
    let by = world
        .service
        .introspector(by.expose_secret())
        .await
        .unwrap();
    world.service.introspect(&by, token).await.unwrap()
}

/// The number of the last event.
pub async fn last_seq(world: &World) -> i64 {
    world.store.events().head().await.unwrap().seq
}

/// The events after this number.
pub async fn events_after(world: &World, seq: i64) -> Vec<Event> {
    world.store.events().from(seq + 1, 2000).await.unwrap()
}
