//! A published list as a verifier sees it, and the steps of users.

use std::time::Duration;

use ats_pat_service::view::IssuedToken;
use ats_pat_service::{PublishedStatusList, Regeneration, Service, SignedIn};
use ats_pat_test_support::elsewhere::verified;
use ats_pat_test_support::world::{ISSUER, World};
use ats_pat_token::{Claims, ListVersion, StatusList, StatusReference, UnverifiedStatusList};
use secrecy::SecretString;

/// Longer than the result of a look at the event log may be served.
pub const A_MOMENT: Duration = Duration::from_millis(200);
/// How long a token that was exchanged just before its revocation can be accepted.
pub const REVOKED_FOR: Duration = Duration::from_mins(66);

pub async fn published(service: &Service, uri: &str) -> PublishedStatusList {
    let name = uri
        .strip_prefix(&format!("{ISSUER}/status-lists/"))
        .unwrap();
    service
        .status_list(name)
        .await
        .unwrap()
        .expect("the list is there")
}

/// The list at an address, verified like a verifier does.
pub async fn list(world: &World, service: &Service, uri: &str) -> (ListVersion, StatusList) {
    let text = published(service, uri).await.text;
    let unverified = UnverifiedStatusList::parse(str::from_utf8(&text).unwrap()).unwrap();
    let keys = service.jwks().await.unwrap();
    let key = keys.find(unverified.kid()).unwrap().key();
    let now = world.now().as_seconds();
    let claims = unverified.verify(key, ISSUER, uri, now, 0).unwrap();
    (claims.version, claims.status_list.decompress().unwrap())
}

pub async fn claims(world: &World, secret: &SecretString) -> Claims {
    let token = world.exchange(secret).await.unwrap().token;
    verified(&world.service, &token, world.now()).await
}

pub async fn place(world: &World, issued: &IssuedToken) -> StatusReference {
    claims(world, &issued.secret).await.status.expect("a place")
}

/// What a verifier would say about a place.
pub async fn is_revoked(world: &World, place: &StatusReference) -> bool {
    let (_, list) = list(world, &world.service, &place.uri).await;
    list.is_revoked(place.index)
        .expect("the list has the place")
}

pub async fn regenerate(world: &World, by: &SignedIn, issued: &IssuedToken) -> IssuedToken {
    let id = issued.token.id.to_string();
    let regenerated = world
        .service
        .regenerate_token(by, &id, Regeneration::default())
        .await;
    regenerated.unwrap()
}

pub async fn revoke(world: &World, by: &SignedIn, issued: &IssuedToken) {
    let id = issued.token.id.to_string();
    let _ = world.service.revoke_token(by, &id).await.unwrap();
}
