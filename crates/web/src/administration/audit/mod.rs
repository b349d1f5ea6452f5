//! The audit trail, as a page and as a file.

mod export;
mod filter;
mod words;

use askama::Template;
use ats_pat_domain::Problem;
use ats_pat_domain::event::EventKind;
use ats_pat_service::SignedIn;
use ats_pat_service::view::NamedEventView;
use ats_pat_text::Text;
use poem::Response;
use poem::http::StatusCode;

use self::export::export;
use self::filter::{Filter, read};
use self::words::label;
pub use self::words::{details, label_of};
use super::operator;
use crate::page::{Frame, Section, render};
use crate::route::{AUDIT, Route};
use crate::visit::Visit;
use crate::words::When;
use crate::zone::Zone;

/// The page, and the file.
pub const ROUTES: &[Route] = &[
    Route::page(AUDIT, |visit, by, _| Box::pin(show(visit, by))),
    Route::page(EXPORT, |visit, by, _| Box::pin(export(visit, by))),
];

const EXPORT: &str = "/settings/audit.csv";

/// How many events a page has.
const PAGE_SIZE: u64 = 50;
/// How many rows that differ from the event log are listed.
const MOST_FINDINGS: usize = 20;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    text: Text,
    /// One sentence for each row that differs from the event log.
    findings: Vec<String>,
    owner: String,
    kind: String,
    /// The kinds of events: the value and the label.
    kinds: Vec<(&'static str, &'static str)>,
    /// Whether the filter matches no user.
    is_nobody: bool,
    rows: Vec<EventRow>,
    /// The address of older events.
    older: Option<String>,
    /// The address of the latest events, if the page shows others.
    latest: Option<String>,
    export: String,
}

struct EventRow {
    seq: i64,
    at: When,
    kind: String,
    label: String,
    actor: String,
    owner: String,
    subject: String,
    details: String,
}

impl EventRow {
    fn new(named: NamedEventView, zone: &Zone, text: Text) -> Self {
        Self {
            seq: named.event.seq,
            at: When::exactly(named.event.at, zone, text),
            actor: actor(&named),
            owner: named
                .owner_name
                .clone()
                .or_else(|| named.event.owner.map(|owner| owner.to_string()))
                .unwrap_or_default(),
            details: details(&named.event.details, zone, text),
            label: label_of(&named.event.kind, text),
            kind: named.event.kind,
            subject: named.event.subject,
        }
    }
}

fn actor(named: &NamedEventView) -> String {
    let name = named.actor_name.clone();
    name.unwrap_or_else(|| named.event.actor.clone())
}

/// Answers with the newest events that the filter selects.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let filter = Filter::of(visit);
    // One more than the page shows, to know whether there are older ones.
    let query = filter.query(filter.before, PAGE_SIZE + 1);
    let found = read(visit, &operator(visit, by)?, query).await?;
    let is_nobody = found.is_none();
    let mut events = found.unwrap_or_default();
    let has_older = events.len() as u64 > PAGE_SIZE;
    events.truncate(usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX));
    let older = events.last().filter(|_| has_older);
    let page = AuditPage {
        frame: Frame::new(visit, Section::Audit),
        text: visit.text,
        findings: visit.service.rows_that_differ(MOST_FINDINGS),
        older: older.map(|last| filter.address(AUDIT, &last.event.seq.to_string())),
        latest: filter.before.map(|_| filter.address(AUDIT, "")),
        export: filter.address(EXPORT, ""),
        rows: events
            .into_iter()
            .map(|event| EventRow::new(event, &visit.zone, visit.text))
            .collect(),
        kinds: EventKind::ALL
            .map(|kind| (kind.as_str(), label(kind, visit.text)))
            .to_vec(),
        is_nobody,
        owner: filter.owner,
        kind: filter.kind,
    };
    Ok(render(&page, StatusCode::OK))
}
