//! What others say of a token: a gateway that introspects it, and a verifier that reads the status
//! list.

use ats_pat_domain::Timestamp;
use ats_pat_service::{Introspector, NewToken, Service};
use ats_pat_token::{Claims, Expectations, StatusReference, Unverified, UnverifiedStatusList};
use secrecy::{ExposeSecret as _, SecretString};

use crate::world::{ADDRESS, DAY, ISSUER, PASSWORD, person};

/// How far the clocks of verifiers may differ.
const SKEW_SECONDS: u32 = 60;

/// A gateway that may introspect at `service`, by a token of the new administrator `root`. The
/// token lasts for a day from `now` on.
pub async fn gateway(service: &Service, now: Timestamp) -> Introspector {
    let added = service.operator().add_user(person("root", true)).await;
    added.expect("an administrator can be added");
    let signed_in = service.sign_in("root", &PASSWORD.into(), ADDRESS).await;
    let session = signed_in.expect("the administrator signs in").session_id;
    let root = service.authenticate(session.expose_secret()).await;
    let root = root.expect("the session is valid");
    let new = NewToken {
        name: Some("gateway".to_owned()),
        expires_at: Some(now.after(DAY).to_string()),
        scopes: Some(vec!["introspect".to_owned()]),
        ..NewToken::default()
    };
    let issued = service.create_token(&root, new).await;
    let secret = issued.expect("the token is made").secret;
    let shown = [secret.expose_secret().as_bytes()];
    let exchanged = service.exchange(&shown, ADDRESS).await;
    let bearer = exchanged.expect("the token is exchanged").token;
    let introspector = service.introspector(bearer.expose_secret()).await;
    introspector.expect("the gateway may introspect")
}

/// The claims of an authentication token, as a verifier reads them whose clock is right.
pub async fn verified(service: &Service, token: &SecretString, now: Timestamp) -> Claims {
    let keys = service.jwks().await.expect("keys are published");
    let token = Unverified::parse(token.expose_secret()).expect("an authentication token");
    let expectations = Expectations {
        issuer: ISSUER,
        audience: ISSUER,
        now_seconds: now.as_seconds(),
        skew_seconds: 0,
    };
    let key = keys.find(token.kid()).expect("the token's key").key();
    token.verify(key, &expectations).expect("a valid token")
}

/// Where the status list says whether an authentication token was revoked, by the token itself.
pub async fn status_place(
    service: &Service,
    token: &SecretString,
    now: Timestamp,
) -> StatusReference {
    let claims = verified(service, token, now).await;
    claims.status.expect("a place in the status list")
}

/// What a verifier would say that reads the list at `service` now.
pub async fn is_listed_as_revoked(
    service: &Service,
    place: &StatusReference,
    now: Timestamp,
) -> bool {
    let keys = service.jwks().await.expect("keys are published");
    let name = place.uri.rsplit('/').next().unwrap_or_default();
    let list = service.status_list(name).await.expect("a status list");
    let list = list.expect("the list of the token");
    let text = str::from_utf8(&list.text).expect("a signed list");
    let list = UnverifiedStatusList::parse(text).expect("a signed list");
    let key = keys.find(list.kid()).expect("the list's key").key();
    let seconds = now.as_seconds();
    let claims = list.verify(key, ISSUER, &place.uri, seconds, SKEW_SECONDS);
    let list = claims.expect("a valid list").status_list.decompress();
    let is_revoked = list.expect("a list").is_revoked(place.index);
    is_revoked.expect("a place in the list")
}
