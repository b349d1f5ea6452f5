//! `POST /oauth2/introspect`: whether a token is active, and what it may do (RFC 7662).

use ats_pat_http::RequestContext;
use ats_pat_service::{Introspection, Introspector, Service};
use poem::http::header;
use poem::{Request, Response};
use serde::Serialize;
use serde_json::Value;

use super::answer::not_to_be_kept;
use super::error::Refusal;
use super::form::Form;
use crate::request::BearerToken;

/// The answer for an active token (RFC 7662, section 2.2). For every other one, it is `active`
/// alone.
#[derive(Serialize)]
struct Described {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    token: Option<Members>,
}

#[derive(Serialize)]
struct Members {
    scope: String,
    client_id: String,
    username: String,
    token_type: &'static str,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Value>,
    iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
}

/// The caller, who proves by an authentication token that they may introspect (RFC 7662, section
/// 2.1).
pub async fn caller(
    service: &Service,
    request: &Request,
    context: &RequestContext,
) -> Result<Introspector, Refusal> {
    if !request.headers().contains_key(header::AUTHORIZATION) {
        return Err(Refusal::without_credential());
    }
    let bearer =
        BearerToken::read(request).map_err(|refused| refused.into_problem(context.request_id()))?;
    service
        .introspector(bearer.0)
        .await
        .map_err(|error| Refusal::of_use_case(error, context))
}

/// Describes the token in the form. The hint is not needed, because the format of a token says what
/// it is.
pub async fn answer(
    service: &Service,
    by: &Introspector,
    form: &Form<'_>,
    context: &RequestContext,
) -> Result<Response, Refusal> {
    let found = service
        .introspect(by, &form.secret("token")?)
        .await
        .map_err(|error| Refusal::of_use_case(error, context))?;
    Ok(not_to_be_kept(&Described {
        active: found.is_some(),
        token: found.map(Members::from),
    }))
}

impl From<Introspection> for Members {
    fn from(found: Introspection) -> Self {
        let (id, audience, not_before) = match found.authentication {
            Some(token) => (Some(token.id), Some(token.audience), Some(token.not_before)),
            None => (None, None, None),
        };
        Self {
            scope: found.scope,
            client_id: found.token_id.to_string(),
            username: found.user_name,
            // `N_A`, because a personal access token must not be accepted as an access token (RFC
            // 8693, section 2.2.1).
            token_type: if id.is_some() { "Bearer" } else { "N_A" },
            exp: found.expires_at,
            iat: found.issued_at,
            nbf: not_before,
            sub: found.owner_id.to_string(),
            aud: audience.and_then(|audience| serde_json::to_value(audience).ok()),
            iss: found.issuer,
            jti: id,
        }
    }
}
