//! What a provider tells of a person beside the ID token (OpenID Connect Core 1.0, section 5.3).

use std::sync::Arc;

use ats_pat_domain::port::IdentityError;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, StatusCode};
use openidconnect::AccessToken;
use serde_json::{Map, Value};

use crate::cache::Known;
use crate::discovery::is_json;
use crate::distrust::Distrust;
use crate::fetch::Fetch;
use crate::trouble::Trouble;

const WHAT: &str = "userinfo";

/// The claims of `subject` at userinfo; `None` if the provider has no userinfo.
///
/// # Errors
/// [`Distrust::UserInfoSubject`] if they are somebody else's, because the access token may be one
/// that was put in the place of another.
pub(crate) async fn read(
    known: &Known,
    fetch: &Fetch,
    access_token: &AccessToken,
    subject: &str,
) -> Result<Option<Map<String, Value>>, IdentityError> {
    let Some(url) = known.document.userinfo_endpoint() else {
        return Ok(None);
    };
    let malformed = || Trouble::Malformed { what: WHAT };
    let bearer = format!("Bearer {}", access_token.secret());
    let mut bearer = HeaderValue::try_from(bearer).map_err(|_| malformed())?;
    bearer.set_sensitive(true);
    let request = Request::get(url.as_str())
        .header(AUTHORIZATION, bearer)
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .body(Vec::new())
        .map_err(|_| Trouble::Endpoint { what: WHAT })?;
    let answer = fetch.send(request).await.map_err(|error| Trouble::Fetch {
        what: WHAT,
        source: Arc::new(error),
    })?;
    if answer.status() != StatusCode::OK {
        let status = answer.status().as_u16();
        return Err(Trouble::Status { what: WHAT, status }.into());
    }
    if !is_json(answer.headers()) {
        return Err(Trouble::MediaType { what: WHAT }.into());
    }
    let claims: Map<String, Value> =
        serde_json::from_slice(answer.body()).map_err(|_| malformed())?;
    if claims.get("sub").and_then(Value::as_str) == Some(subject) {
        Ok(Some(claims))
    } else {
        Err(Distrust::UserInfoSubject.into())
    }
}
