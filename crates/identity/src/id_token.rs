//! The rules of ID tokens (OpenID Connect Core 1.0, section 3.1.3.7).

use std::time::Duration;

use ats_pat_domain::Timestamp;
use ats_pat_domain::port::{Flow, IdentityError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use openidconnect::core::{
    CoreIdToken, CoreIdTokenClaims, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreTokenResponse,
};
use openidconnect::{
    AccessTokenHash, ClaimsVerificationError, ClientId, Nonce, OAuth2TokenResponse,
    SignatureVerificationError, TokenResponse,
};
use serde_json::{Map, Value};

use crate::SKEW;
use crate::cache::Known;
use crate::code::encoded;
use crate::distrust::Distrust;
use crate::settings::Settings;

/// How long ago an ID token may have been made: the code for it was redeemed just now.
const MAX_AGE: Duration = Duration::from_mins(10);

/// What an ID token says, once it is believed.
pub(crate) struct Believed {
    pub(crate) subject: String,
    pub(crate) authenticated_at: Option<Timestamp>,
    /// All claims of the token, also those that this service does not know.
    pub(crate) claims: Map<String, Value>,
}

/// The ID token of an answer.
pub(crate) fn of(answer: &CoreTokenResponse) -> Result<&CoreIdToken, Distrust> {
    answer.id_token().ok_or(Distrust::NoIdToken)
}

/// Whether a token that was refused so may be signed by a key that was published since.
pub(crate) fn names_an_unknown_key(distrust: &Distrust) -> bool {
    matches!(
        distrust,
        Distrust::IdToken(ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
        ))
    )
}

/// Judges the ID token of an answer.
pub(crate) fn believe(
    settings: &Settings,
    known: &Known,
    flow: &Flow,
    answer: &CoreTokenResponse,
    now: Timestamp,
) -> Result<Believed, Distrust> {
    let token = of(answer)?;
    let verifier = verifier(settings, known, now);
    let nonce = Nonce::new(encoded(&flow.nonce));
    let claims = token.claims(&verifier, &nonce).map_err(Distrust::IdToken)?;
    check_authorized_party(settings, claims)?;
    if let Some(expected) = claims.access_token_hash() {
        let found = token.signing_alg().and_then(|algorithm| {
            let key = token.signing_key(&verifier)?;
            AccessTokenHash::from_token(answer.access_token(), algorithm, key)
                .map_err(|error| SignatureVerificationError::Other(error.to_string()))
        });
        if found.ok().as_ref() != Some(expected) {
            return Err(Distrust::AccessTokenHash);
        }
    }
    let authenticated_at = claims.auth_time().map(timestamp);
    if authenticated_at.is_some_and(|at| at > now.after(SKEW)) {
        return Err(Distrust::AuthenticationTime);
    }
    Ok(Believed {
        subject: claims.subject().as_str().to_owned(),
        authenticated_at,
        claims: all_claims(token).ok_or(Distrust::NoIdToken)?,
    })
}

/// A sign-in that has to be recent is one whose time the provider tells, and which is not older
/// than asked (section 3.1.3.7, rule 13).
pub(crate) fn check_recent(
    believed: &Believed,
    flow: &Flow,
    now: Timestamp,
) -> Result<(), IdentityError> {
    let Some(max_age) = flow.max_age else {
        return Ok(());
    };
    let is_recent = believed
        .authenticated_at
        .is_some_and(|at| now <= at.after(max_age + SKEW));
    if is_recent {
        Ok(())
    } else {
        Err(IdentityError::NotRecent)
    }
}

/// Checks issuer, audience, algorithm, signature, expiry, time of issue and nonce. As for a public
/// client: so no HMAC is taken, whatever the settings allow.
fn verifier<'a>(settings: &'a Settings, known: &Known, now: Timestamp) -> CoreIdTokenVerifier<'a> {
    let keys: CoreJsonWebKeySet = known.keys.clone();
    let client_id = ClientId::new(settings.client_id.clone());
    CoreIdTokenVerifier::new_public_client(client_id, known.document.issuer().clone(), keys)
        .set_allowed_algs(settings.algorithms.iter().map(|known| known.as_core()))
        .set_time_fn(move || date_time(now.before(SKEW)))
        .set_issue_time_verifier_fn(move |issued_at| {
            let issued_at = timestamp(issued_at);
            if issued_at > now.after(SKEW) {
                Err("iat is in the future".to_owned())
            } else if issued_at < now.before(MAX_AGE) {
                Err("iat is long ago".to_owned())
            } else {
                Ok(())
            }
        })
}

/// `azp`, where there is one, is this client (rules 4 and 5).
fn check_authorized_party(settings: &Settings, claims: &CoreIdTokenClaims) -> Result<(), Distrust> {
    match claims.authorized_party() {
        Some(party) if party.as_str() != settings.client_id => Err(Distrust::AuthorizedParty),
        _ => Ok(()),
    }
}

/// The claims of a token whose signature was checked, as they were signed.
fn all_claims(token: &CoreIdToken) -> Option<Map<String, Value>> {
    let text = token.to_string();
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(text.split('.').nth(1)?)
        .ok()?;
    serde_json::from_slice(&payload).ok()
}

fn timestamp(time: DateTime<Utc>) -> Timestamp {
    Timestamp::from_millis(time.timestamp_millis())
}

fn date_time(time: Timestamp) -> DateTime<Utc> {
    // Between the years 0000 and 9999 there is a date.
    DateTime::from_timestamp_millis(time.as_millis()).unwrap_or_default()
}
