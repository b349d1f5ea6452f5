//! Another secret for a token, and the end of the one before.

use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use ats_pat_service::{Regeneration, SignedIn};
use poem::Response;

use super::blade::Issued;
use super::details;
use super::listing::{Answer, refuse, view_of};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::redirect;
use crate::query::Query;
use crate::visit::Visit;
use crate::words::DAY;

/// Gives a token a new secret, and shows it.
pub async fn regenerate(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    if let Some(refused) = &visit.unconfirmed {
        let suffix = view_of(visit, &Query::of(&visit.uri)).suffix();
        return match details::ask_password(visit, by, (id, suffix), form, refused).await {
            Err(ended @ Problem::TokenNotActive { .. }) => refuse(visit, by, id, ended).await,
            answer => answer,
        };
    }
    let unreadable = |field: &str| Problem::InvalidRequest {
        place: Place::Body,
        path: Some(field.to_owned()),
    };
    let generation = form.field("generation").parse();
    let generation = generation.map_err(|_| unreadable("generation"))?;
    // A form without the choice ends the old token at once.
    let overlap_hours = match form.field("overlap") {
        "" => 0,
        hours => hours.parse().map_err(|_| unreadable("overlap"))?,
    };
    let expires_at = match form.field("expiration") {
        "" => None,
        days => {
            let days: u32 = days.parse().map_err(|_| unreadable("expiration"))?;
            Some(visit.now().after(DAY.saturating_mul(days)).to_string())
        }
    };
    let asked = Regeneration {
        expected_generation: Some(generation),
        expires_at,
        overlap_hours,
        ..Regeneration::default()
    };
    match visit
        .service
        .regenerate_token(visit.acting(by), id, asked)
        .await
    {
        Ok(issued) => {
            let issued = Issued::new(visit, issued, true);
            Answer::showing(visit, issued).page(visit, by).await
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}

/// Ends the old token that still works.
pub async fn end_overlap(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    match visit.service.end_overlap(visit.acting(by), id).await {
        Ok(token) => {
            let mut response = redirect(&format!("{}/{}", visit.place.tokens, token.id));
            Flash::TokenChanged(token.name).put(visit.settings, &mut response);
            Ok(response)
        }
        Err(error) => refuse(visit, by, id, visit.problem(error)).await,
    }
}
