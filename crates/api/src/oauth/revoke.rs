//! `POST /oauth2/revoke`: revokes a personal access token by its secret (RFC 7009).

use ats_pat_http::RequestContext;
use ats_pat_service::Service;
use poem::Response;
use poem::http::StatusCode;

use super::answer::forbid_keeping;
use super::error::Refusal;
use super::form::Form;

/// Revokes the personal access token in the form. Whoever has its secret may do so. An unknown or
/// revoked token is not an error (RFC 7009, section 2.2). The hint is not needed.
pub async fn answer(
    service: &Service,
    form: &Form<'_>,
    context: &RequestContext,
) -> Result<Response, Refusal> {
    service
        .revoke_as_holder(&form.secret("token")?, context.address())
        .await
        .map_err(|error| Refusal::of_use_case(error, context))?;
    let mut response = Response::from(StatusCode::OK);
    forbid_keeping(&mut response);
    Ok(response)
}
