//! Revoking the tokens that were chosen in the table, after a question.

use askama::Template;
use ats_pat_domain::{Problem, Status};
use ats_pat_service::SignedIn;
use ats_pat_service::view::OwnedTokenView;
use ats_pat_text::Text;
use futures_util::future::try_join_all;
use poem::Response;
use poem::http::StatusCode;

use super::{page, view};
use crate::administration::operator;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::{Kept, Route};
use crate::table::PAGE_SIZE;
use crate::visit::Visit;

/// The question, and the revocation.
pub const ROUTES: &[Route] = &[Route::page(CHOSEN, |visit, by, _| Box::pin(ask(visit, by)))
    .taking(
        |visit, by, _, form| Box::pin(revoke(visit, by, form)),
        |visit, _| Kept::Page(view(visit).address()),
    )];

const CHOSEN: &str = "/settings/all-tokens/revoke-chosen";
/// The name of the field with a token's id.
const FIELD: &str = "token";

#[derive(Template)]
#[template(path = "bulk_chosen.html")]
struct ChosenPage {
    frame: Frame,
    text: Text,
    question: String,
    action: String,
    is_danger: bool,
    back: String,
    /// The id of each token, and its name with its owner.
    chosen: Vec<(String, String)>,
}

async fn ask(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let (view, query) = (view(visit), Query::of(&visit.uri));
    let operator = operator(visit, by)?;
    let mut chosen = Vec::new();
    for id in query.all(FIELD).take(most()) {
        match operator.token(id).await {
            Ok(OwnedTokenView {
                token, owner_name, ..
            }) if token.status == Status::Active => {
                let name = visit.text.bulk_token_of(token.name, owner_name);
                chosen.push((token.id.to_string(), name));
            }
            Ok(_) => {}
            // A token may be gone in the meantime. The question is about the others.
            Err(error) => match visit.problem(error) {
                Problem::TokenNotFound => {}
                refused => return Err(refused),
            },
        }
    }
    if chosen.is_empty() {
        let alert = visit.text.bulk_nothing_chosen();
        return page(visit, by, Some(alert), StatusCode::BAD_REQUEST).await;
    }
    let count = u64::try_from(chosen.len()).unwrap_or(u64::MAX);
    let asking = ChosenPage {
        frame: Frame::new(visit, Section::AllTokens),
        text: visit.text,
        question: visit.text.bulk_revoke_question(count),
        action: view.address_at(CHOSEN),
        is_danger: true,
        back: view.address(),
        chosen,
    };
    Ok(render(&asking, StatusCode::OK))
}

/// Revokes each token by a change of its own. If one fails, the others stay revoked.
async fn revoke(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let ids: Vec<&str> = form.all(FIELD).take(most()).collect();
    let revoked = ids.iter().map(|id| async {
        let revoked = operator.revoke_token(id).await;
        match revoked.map_err(|error| visit.problem(error)) {
            Ok(_) => Ok(1),
            Err(Problem::TokenNotFound) => Ok(0),
            Err(refused) => Err(refused),
        }
    });
    let revoked: u64 = try_join_all(revoked).await?.into_iter().sum();
    if revoked == 0 {
        let alert = visit.text.bulk_nothing_chosen();
        return page(visit, by, Some(alert), StatusCode::NOT_FOUND).await;
    }
    let mut response = redirect(&view(visit).address());
    Flash::ChosenRevoked(revoked.to_string()).put(visit.settings, &mut response);
    Ok(response)
}

/// The most tokens that can be chosen: as many as a page has.
fn most() -> usize {
    usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX)
}
