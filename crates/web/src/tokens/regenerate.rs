//! Regenerating a token after a question, and ending the old secret.

use askama::Template;
use ats_pat_domain::problem::Place;
use ats_pat_domain::{Problem, Status};
use ats_pat_service::view::TokenView;
use ats_pat_service::{Regeneration, SignedIn, StepUp};
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use super::blade::Issued;
use super::listing::{Answer, refuse, view_of};
use super::renewal::{EXPIRATION, OVERLAP, Renewal, renewed};
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::query::Query;
use crate::route::Kept;
use crate::step_up::{self, PasswordField};
use crate::visit::Visit;
use crate::words::DAY;

/// The question on a page of its own, with all choices.
#[derive(Template)]
#[template(path = "token_regenerate.html")]
struct RegeneratePage {
    frame: Frame,
    text: Text,
    question: String,
    action: String,
    is_danger: bool,
    back: String,
    generation: String,
    renewed: String,
    renewal: Renewal,
}

impl RegeneratePage {
    fn new(visit: &Visit<'_>, token: &TokenView, generation: String, renewal: Renewal) -> Self {
        let view = view_of(visit, &Query::of(&visit.uri));
        Self {
            frame: Frame::new(visit, Section::of_tokens(visit)),
            text: visit.text,
            question: visit.text.token_regenerate_question(&token.name),
            action: view.address_at(visit.uri.path()),
            is_danger: false,
            back: view.address(),
            generation,
            renewed: renewed(visit, token),
            renewal,
        }
    }
}

/// Asks whether to regenerate a token. The address can have choices.
pub async fn ask(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<Response, Problem> {
    let token = match active(visit, by, id).await {
        Ok(token) => token,
        Err(refused) => return refuse(visit, by, id, refused).await,
    };
    let query = Query::of(&visit.uri);
    let chosen = |name| query.get(name).unwrap_or_default();
    let renewal = Renewal::new(visit, by).with(chosen(OVERLAP), chosen(EXPIRATION));
    let generation = token.generation.to_string();
    let page = RegeneratePage::new(visit, &token, generation, renewal);
    Ok(render(&page, StatusCode::OK))
}

/// The question as it was posted, asking for the password. Nothing was done.
async fn ask_password(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
    refused: &Problem,
) -> Result<Response, Problem> {
    let token = active(visit, by, id).await?;
    let renewal = Renewal {
        step_up: PasswordField::refused(visit, by, StepUp::ByPolicy, refused),
        ..Renewal::new(visit, by).with(form.field(OVERLAP), form.field(EXPIRATION))
    };
    let generation = form.field("generation").to_owned();
    let page = RegeneratePage::new(visit, &token, generation, renewal);
    Ok(step_up::answer(render(&page, StatusCode::OK), refused))
}

async fn active(visit: &Visit<'_>, by: &SignedIn, id: &str) -> Result<TokenView, Problem> {
    let token = visit.service.token(visit.acting(by), id).await;
    let token = token.map_err(|error| visit.problem(error))?;
    match token.status {
        Status::Active => Ok(token),
        status => Err(Problem::TokenNotActive { status }),
    }
}

/// The page to come back to after signing in: the question with the choices of the form.
pub fn kept(visit: &Visit<'_>, form: &Form) -> Kept {
    let view = view_of(visit, &Query::of(&visit.uri));
    let chosen = [OVERLAP, EXPIRATION].map(|name| (name, form.field(name)));
    Kept::Page(view.address_with(visit.uri.path(), &chosen))
}

/// Gives a token a new secret, and shows it.
pub async fn regenerate(
    visit: &Visit<'_>,
    by: &SignedIn,
    id: &str,
    form: &Form,
) -> Result<Response, Problem> {
    if let Some(refused) = &visit.unconfirmed {
        return match ask_password(visit, by, id, form, refused).await {
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
    // Without this field, the old secret ends at once.
    let overlap_hours = match form.field(OVERLAP) {
        "" => 0,
        hours => hours.parse().map_err(|_| unreadable(OVERLAP))?,
    };
    let expires_at = match form.field(EXPIRATION) {
        "" => None,
        days => {
            let days: u32 = days.parse().map_err(|_| unreadable(EXPIRATION))?;
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

/// Ends the old secret, which still works.
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
