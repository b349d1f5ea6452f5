//! Operator keys, and the people and programs that use them.

use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Administering, Error, KeyHolder, Service};
use ats_pat_test_support::world::{ADDRESS, World};
use secrecy::ExposeSecret;

/// The secret of a key with these rights that the admin program made, and its id.
pub async fn key(world: &World, rights: &[Right]) -> (String, String) {
    let new = world.new_operator_key(rights);
    let issued = world
        .service
        .operator()
        .create_operator_key(new)
        .await
        .unwrap();
    let secret = issued.secret.expose_secret().to_owned();
    (secret, issued.key.id.to_string())
}

pub async fn shown(service: &Service, secret: &str) -> Result<KeyHolder, Error> {
    service
        .authenticate_operator_key(secret.as_bytes(), ADDRESS)
        .await
}

pub async fn holder(world: &World, rights: &[Right]) -> Administering {
    let (secret, _) = key(world, rights).await;
    Administering::Key(shown(&world.service, &secret).await.unwrap())
}
