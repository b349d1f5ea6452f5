//! Revoking a token after a question.

use ats_pat_domain::{Problem, Status};
use ats_pat_service::SignedIn;
use poem::Response;

use super::listing::{Answer, refuse, view_of};
use crate::confirm::ConfirmPage;
use crate::flash::Flash;
use crate::page::{Frame, Section, redirect};
use crate::query::Query;
use crate::visit::Visit;

/// Asks whether to revoke a token.
pub async fn ask(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = match visit.service.token(visit.acting(by), id).await {
        Ok(token) => token,
        Err(error) => return refuse(visit, by, id, visit.problem(error)).await,
    };
    let view = view_of(visit, &Query::of(&visit.uri));
    if token.status != Status::Active {
        return Ok(redirect(&view.address()));
    }
    let page = ConfirmPage {
        frame: Frame::new(visit, Section::of_tokens(visit)),
        text: visit.text,
        question: visit.text.token_revoke_question(token.name),
        consequence: visit.text.token_revoke_consequence(),
        action: view.address_at(visit.uri.path()),
        field: None,
        is_danger: true,
        back: view.address(),
    };
    Ok(page.answer())
}

/// Revokes a token, and says so above the table.
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
