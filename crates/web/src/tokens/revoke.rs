//! The end of a token.

use ats_pat_domain::Problem;
use ats_pat_service::SignedIn;
use poem::Response;

use super::listing::{Answer, refuse};
use crate::flash::Flash;
use crate::page::redirect;
use crate::visit::Visit;

/// Ends a token.
pub async fn revoke(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match visit.service.revoke_token(visit.acting(by), id).await {
        Ok(revoked) => {
            let mut response = redirect(&Answer::new(visit).view.address());
            Flash::Revoked(revoked.name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}
