//! A person's own sessions: seeing and ending them.

use std::future::ready;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::problem::Place;
use ats_pat_service::SignedIn;
use ats_pat_service::view::SessionView;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use crate::confirm::ConfirmPage;
use crate::flash::Flash;
use crate::form::Form;
use crate::page::{Frame, Section, redirect, render};
use crate::route::{Kept, Route, SESSIONS};
use crate::user_agent::browser;
use crate::visit::Visit;
use crate::words::When;

/// The list, and the question before all other sessions end.
pub const ROUTES: &[Route] = &[
    Route::page(SESSIONS, |visit, by, _| Box::pin(show(visit, by))),
    Route::page(END, |visit, _, _| Box::pin(ready(Ok(confirm(visit))))).taking(
        |visit, by, _, form| Box::pin(end(visit, by, form)),
        |_, _| Kept::Page(SESSIONS.to_owned()),
    ),
];

const END: &str = "/settings/sessions/end";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    text: Text,
    rows: Vec<SessionRow>,
}

struct SessionRow {
    id: String,
    browser: String,
    address: String,
    /// The label of the identity provider that it began at.
    provider: Option<String>,
    is_current: bool,
    started: When,
    last_seen: When,
    ends: When,
}

/// Asks whether to end all other sessions.
fn confirm(visit: &Visit<'_>) -> Response {
    let text = visit.text;
    let page = ConfirmPage {
        frame: Frame::new(visit, Section::Sessions),
        text,
        question: text.sessions_end_others_question().to_owned(),
        consequence: text.sessions_end_others_consequence(),
        action: END.to_owned(),
        field: Some(("others", "yes".to_owned())),
        is_danger: false,
        back: SESSIONS.to_owned(),
    };
    page.answer()
}

/// Answers with the list of the person's sessions.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let sessions = visit.service.sessions(by).await;
    let sessions = sessions.map_err(|error| visit.problem(error))?;
    let text = visit.text;
    let browser = |agent: Option<&str>| match agent {
        Some(agent) => browser(agent, text),
        None => text.sessions_unknown_browser().to_owned(),
    };
    let row = |session: SessionView| SessionRow {
        id: session.id,
        browser: browser(session.user_agent.as_deref()),
        address: session.address.unwrap_or_default(),
        provider: session.provider.map(|name| {
            let label = visit.service.provider_label(&name);
            text.sessions_with(label)
        }),
        is_current: session.is_current,
        started: When::ago(session.created_at, visit.now(), &visit.zone, text),
        last_seen: When::ago(session.last_seen_at, visit.now(), &visit.zone, text),
        ends: When::exactly(session.ends_at, &visit.zone, text),
    };
    let page = SessionsPage {
        frame: Frame::new(visit, Section::Sessions),
        text,
        rows: sessions.into_iter().map(row).collect(),
    };
    Ok(render(&page, StatusCode::OK))
}

/// Ends the named session, or all others.
async fn end(visit: &Visit<'_>, by: &SignedIn, form: &Form) -> Result<Response, Problem> {
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
