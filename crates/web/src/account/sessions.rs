//! One's sessions: seeing where one is signed in, and signing out there.

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use ats_pat_service::SignedIn;
use ats_pat_service::view::SessionView;
use poem::Response;
use poem::http::StatusCode;

use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::route::SESSIONS;
use crate::user_agent::browser;
use crate::visit::Visit;
use crate::words::When;

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    browser: String,
    address: String,
    is_current: bool,
    started: When,
    last_seen: When,
    ends: When,
}

/// The list.
pub async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let sessions = visit.service.sessions(by).await;
    let sessions = sessions.map_err(|error| visit.problem(error))?;
    let row = |session: SessionView| Row {
        id: session.id,
        browser: session
            .user_agent
            .as_deref()
            .map_or_else(|| "Unknown browser".to_owned(), browser),
        address: session.address.unwrap_or_default(),
        is_current: session.is_current,
        started: When::ago(session.created_at, visit.now(), &visit.zone),
        last_seen: When::ago(session.last_seen_at, visit.now(), &visit.zone),
        ends: When::exactly(session.ends_at, &visit.zone),
    };
    let page = SessionsPage {
        frame: Frame::new(visit, Section::Sessions),
        rows: sessions.into_iter().map(row).collect(),
    };
    Ok(render(&page, StatusCode::OK))
}

/// Ends the named session, or all others.
pub async fn end(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
    let ended = match (form.field("session"), form.field("others")) {
        ("", "yes") => {
            let ended = visit.service.end_other_sessions(by).await;
            ended.map(|_| Flash::OtherSessionsEnded)
        }
        (id, "") if !id.is_empty() => {
            let ended = visit.service.end_session(by, id).await;
            ended.map(|ended| {
                if ended {
                    Flash::SessionEnded
                } else {
                    Flash::SessionGone
                }
            })
        }
        _ => {
            return Err(Problem::InvalidRequest {
                place: Place::Body,
                path: Some("session".to_owned()),
            });
        }
    };
    let ended = ended.map_err(|error| visit.problem(error))?;
    let mut response = redirect(SESSIONS);
    ended.put(visit.settings, &mut response);
    Ok(response)
}
