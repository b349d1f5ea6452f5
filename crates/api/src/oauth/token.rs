//! Token exchange (RFC 8693).

use std::num::NonZeroU32;

use ats_pat_http::RequestContext;
use ats_pat_service::{Narrowing, Service};
use ats_pat_text::Text;
use poem::Response;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::answer::not_to_be_kept;
use super::error::Refusal;
use super::form::{Form, missing};

/// The only grant type (RFC 8693, section 2.1).
pub const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The type of a personal access token as a subject token. This service defines it.
const PERSONAL_ACCESS_TOKEN: &str = "urn:atsglobal:params:oauth:token-type:personal-access-token";
/// The types of an authentication token, which is both (RFC 8693, section 3).
const ISSUED_TYPES: [&str; 2] = [
    "urn:ietf:params:oauth:token-type:access_token",
    "urn:ietf:params:oauth:token-type:jwt",
];
/// The parameters that may be repeated (RFC 8693, section 2.1).
pub const REPEATABLE: &[&str] = &["audience", "resource"];

/// The answer (RFC 8693, section 2.2.1).
#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    issued_token_type: &'static str,
    token_type: &'static str,
    expires_in: i64,
    scope: &'a str,
}

/// Exchanges the personal access token in the form for an authentication token.
pub async fn answer(
    service: &Service,
    form: &Form<'_>,
    context: &RequestContext,
) -> Result<Response, Refusal> {
    match form.get("grant_type") {
        None => return Err(missing("grant_type")),
        Some(TOKEN_EXCHANGE) => {}
        Some(_) => {
            return Err(Refusal::bad_request(
                "unsupported_grant_type",
                Text::ENGLISH.oauth_only_exchange(),
            ));
        }
    }
    let presented = form.secret("subject_token")?;
    match form.get("subject_token_type") {
        None => return Err(missing("subject_token_type")),
        Some(PERSONAL_ACCESS_TOKEN) => {}
        Some(_) => {
            return Err(Refusal::invalid_request(
                Text::ENGLISH.oauth_subject_token_type(),
            ));
        }
    }
    if form.has("actor_token") || form.has("actor_token_type") {
        return Err(Refusal::invalid_request(Text::ENGLISH.oauth_actor_token()));
    }
    let issued_token_type = issued_type(form)?;
    let narrowing = narrowing(form)?;
    let exchanged = service
        .exchange_narrowed(&presented, &narrowing, context.address())
        .await
        .map_err(|error| Refusal::of_use_case(error, context))?;
    Ok(not_to_be_kept(&Answer {
        access_token: exchanged.token.expose_secret(),
        issued_token_type,
        token_type: "Bearer",
        expires_in: exchanged.lifetime_seconds,
        scope: exchanged.scope(),
    }))
}

fn issued_type(form: &Form<'_>) -> Result<&'static str, Refusal> {
    let Some(requested) = form.get("requested_token_type") else {
        return Ok(ISSUED_TYPES[0]);
    };
    let found = ISSUED_TYPES.into_iter().find(|known| *known == requested);
    found.ok_or_else(|| Refusal::invalid_request(Text::ENGLISH.oauth_requested_token_type()))
}

fn narrowing(form: &Form<'_>) -> Result<Narrowing, Refusal> {
    if form.has("resource") {
        return Err(Refusal::bad_request(
            "invalid_target",
            Text::ENGLISH.oauth_resource(),
        ));
    }
    let audience: Vec<String> = form.all("audience").map(ToOwned::to_owned).collect();
    let lifetime_seconds = form
        .get("expires_in")
        .map(|text| seconds(text).ok_or_else(not_seconds))
        .transpose()?;
    Ok(Narrowing {
        scope: form.get("scope").map(ToOwned::to_owned),
        audience: (!audience.is_empty()).then_some(audience),
        lifetime_seconds,
        unreadable: None,
    })
}

/// Reads a number of digits only, because Rust's parser would accept a sign.
fn seconds(text: &str) -> Option<NonZeroU32> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn not_seconds() -> Refusal {
    Refusal::invalid_request(Text::ENGLISH.oauth_expires_in())
}
