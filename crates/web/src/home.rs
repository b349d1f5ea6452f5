//! The start page of a person who is signed in.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::Status;
use ats_pat_domain::list::TokenQuery;
use ats_pat_service::SignedIn;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use crate::page::{Frame, Section, render};
use crate::route::{Route, TOKENS};
use crate::visit::Visit;

/// The page, and the path that leads to the settings.
pub const ROUTES: &[Route] = &[
    Route::page("/", |visit, by, _| Box::pin(show(visit, by))),
    Route::leading("/settings", TOKENS),
];

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    text: Text,
    name: String,
    /// How many active tokens the person has.
    active: u64,
}

/// The start page of a signed-in person.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let query = TokenQuery {
        status: Some(Status::Active),
        page_size: 1,
        ..TokenQuery::of(None)
    };
    let active = visit.service.list_tokens(by, query).await;
    let active = active.map_err(|error| visit.problem(error))?.total;
    let page = HomePage {
        frame: Frame::new(visit, Section::None),
        text: visit.text,
        name: by.user().display_name,
        active,
    };
    Ok(render(&page, StatusCode::OK))
}
