//! The audit trail: who did what, and the same as a file.

use std::sync::Arc;

use askama::Template;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Problem, Timestamp};
use ats_pat_service::view::NamedEventView;
use ats_pat_service::{Error, EventQuery, Operator, SignedIn};
use ats_pat_text::Text;
use poem::http::{StatusCode, header};
use poem::{Body, Response};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::operator;
use crate::page::{Frame, Section, render};
use crate::query::{Query, address};
use crate::route::{AUDIT, Route};
use crate::table::{owner_called, owner_named, search_text};
use crate::visit::Visit;
use crate::words::{When, date_and_time, input_date};
use crate::zone::Zone;

/// The page, and the file.
pub const ROUTES: &[Route] = &[
    Route::page(AUDIT, |visit, by, _| Box::pin(show(visit, by))),
    Route::page(EXPORT, |visit, by, _| Box::pin(export(visit, by))),
];

const EXPORT: &str = "/settings/audit.csv";

/// How many events a page has.
const PAGE_SIZE: u64 = 50;
/// How many of the rows that differ from the event log are listed.
const MOST_FINDINGS: usize = 20;
/// How many events are read at once for the file.
const BATCH: u64 = 500;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    text: Text,
    /// One sentence for each row that differs from the event log.
    findings: Vec<String>,
    owner: String,
    kind: String,
    /// The kinds of events: what is asked for, and what it is called.
    kinds: Vec<(&'static str, &'static str)>,
    /// Whether no user is called as the filter asks.
    is_nobody: bool,
    rows: Vec<Row>,
    /// The events before these.
    older: Option<String>,
    /// The latest ones, where these are not.
    latest: Option<String>,
    export: String,
}

struct Row {
    seq: i64,
    at: When,
    kind: String,
    label: String,
    actor: String,
    owner: String,
    subject: String,
    details: String,
}

impl Row {
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

/// The kind of an event in words.
pub fn label_of(stored: &str, text: Text) -> String {
    EventKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == stored)
        .map_or_else(|| stored.to_owned(), |kind| label(kind, text).to_owned())
}

fn label(kind: EventKind, text: Text) -> &'static str {
    match kind {
        EventKind::UserCreated => text.event_user_created(),
        EventKind::BulkStarted => text.event_bulk_started(),
        EventKind::BulkRevoked => text.event_bulk_revoked(),
        EventKind::BulkFinished => text.event_bulk_finished(),
        EventKind::UserUpdated => text.event_user_updated(),
        EventKind::UserErased => text.event_user_erased(),
        EventKind::UserDisabled => text.event_user_disabled(),
        EventKind::UserEnabled => text.event_user_enabled(),
        EventKind::ResponsibleSet => text.event_responsible_set(),
        EventKind::GroupsSet => text.event_groups_set(),
        EventKind::PasswordSet => text.event_password_set(),
        EventKind::SessionStarted => text.event_session_started(),
        EventKind::SessionEnded => text.event_session_ended(),
        EventKind::SignInsRefused => text.event_sign_ins_refused(),
        EventKind::TokenCreated => text.event_token_created(),
        EventKind::TokenRegenerated => text.event_token_regenerated(),
        EventKind::TokenSelfRegenerated => text.event_token_self_regenerated(),
        EventKind::TokenConfirmed => text.event_token_confirmed(),
        EventKind::OverlapEnded => text.event_overlap_ended(),
        EventKind::TokenUpdated => text.event_token_updated(),
        EventKind::EndedSecretUsed => text.event_ended_secret_used(),
        EventKind::TokenRevoked => text.event_token_revoked(),
        EventKind::StatusPlaceGiven => text.event_status_place_given(),
        EventKind::SigningKeyCreated => text.event_signing_key_created(),
        EventKind::SigningKeyPromoted => text.event_signing_key_promoted(),
        EventKind::SigningKeyDestroyed => text.event_signing_key_destroyed(),
        EventKind::KeysResealed => text.event_keys_resealed(),
        EventKind::SetupLinkCreated => text.event_setup_link_created(),
        EventKind::PolicyChanged => text.event_policy_changed(),
        EventKind::OperatorKeyCreated => text.event_operator_key_created(),
        EventKind::OperatorKeyRevoked => text.event_operator_key_revoked(),
        EventKind::RestoreAccepted => text.event_restore_accepted(),
        EventKind::DatabaseUpgraded => text.event_database_upgraded(),
    }
}

/// What there is to say beside the columns. The rows' tags, the places in the status list and the
/// hash of a request are for machines.
pub fn details(details: &Value, zone: &Zone, text: Text) -> String {
    let words: Vec<String> = details
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "Rows" | "PlacesGiven" | "PlacesRevoked" | "Request"
            )
        })
        .map(|(name, value)| text.audit_detail(spaced(name), in_words(value, zone, text)))
        .collect();
    words.join(" · ")
}

/// `ExpiresAt` as `Expires at`.
fn spaced(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
            words.push(letter.to_ascii_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

fn in_words(value: &Value, zone: &Zone, text: Text) -> String {
    match value {
        Value::String(value) => Timestamp::parse(value)
            .map_or_else(|_| value.clone(), |time| date_and_time(time, zone, text)),
        Value::Array(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|value| in_words(value, zone, text))
                .collect();
            values.join(", ")
        }
        Value::Bool(true) => text.audit_detail_yes().to_owned(),
        Value::Bool(false) => text.audit_detail_no().to_owned(),
        other => other.to_string(),
    }
}

/// What an address asks for.
struct Filter {
    owner: String,
    kind: String,
    before: Option<i64>,
}

impl Filter {
    fn of(visit: &Visit<'_>) -> Self {
        let query = Query::of(&visit.uri);
        let text = |name| query.get(name).unwrap_or_default().trim().to_owned();
        Self {
            owner: search_text(&query, "owner"),
            kind: text("kind"),
            before: query.get("before").and_then(|before| before.parse().ok()),
        }
    }

    fn query(&self, before: Option<i64>, limit: u64) -> EventQuery {
        EventQuery {
            owner: owner_named(&self.owner).map(str::to_owned),
            owner_called: owner_called(&self.owner),
            kind: (!self.kind.is_empty()).then(|| self.kind.clone()),
            before,
            limit,
        }
    }

    fn address(&self, path: &str, before: &str) -> String {
        address(
            path,
            &[
                ("owner", &self.owner),
                ("kind", &self.kind),
                ("before", before),
            ],
        )
    }
}

/// The page.
async fn show(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let filter = Filter::of(visit);
    // One more than is shown tells whether there are older ones.
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
            .map(|event| Row::new(event, &visit.zone, visit.text))
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

/// The file (RFC 4180), newest first: all that the filter finds, read part by part while it is
/// sent.
async fn export(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let turn = Arc::clone(&visit.shared.exports)
        .try_acquire_owned()
        .map_err(|_| Problem::TooManyRequests { seconds: 10 })?;
    let filter = Filter::of(visit);
    // The first part before the answer begins: what can't be read is told by the status.
    let first = read(visit, &operator, filter.query(None, BATCH)).await?;
    let state = Export {
        service: visit.service.clone(),
        by: by.clone(),
        filter,
        next: Some(first.unwrap_or_default()),
        has_head: false,
        _turn: turn,
    };
    let parts = futures_util::stream::unfold(state, |mut state| async {
        let part = state.part().await?;
        Some((part, state))
    });
    let name = format!("audit-{}.csv", input_date(visit.now(), &visit.zone));
    Ok(Response::builder()
        .content_type("text/csv; charset=utf-8")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
        .body(Body::from_bytes_stream(parts)))
}

/// The events, or nothing where there is no such user.
async fn read(
    visit: &Visit<'_>,
    operator: &Operator<'_>,
    query: EventQuery,
) -> Result<Option<Vec<NamedEventView>>, Problem> {
    match operator.event_page(query).await {
        Err(Error::UserNotFound { .. }) => Ok(None),
        read => read.map(Some).map_err(|error| visit.problem(error)),
    }
}

/// A file being sent.
struct Export {
    service: ats_pat_service::Service,
    by: SignedIn,
    filter: Filter,
    next: Option<Vec<NamedEventView>>,
    has_head: bool,
    _turn: OwnedSemaphorePermit,
}

impl Export {
    /// The next part, until there is none. A part that can't be read, or whose reader is no
    /// administrator any more, breaks the transfer off: a file that looks whole and is not would be
    /// worse.
    async fn part(&mut self) -> Option<std::io::Result<Vec<u8>>> {
        let events = self.next.take()?;
        let mut start = Vec::new();
        if !self.has_head {
            // Excel takes a file without it for one in the encoding of the reader's country.
            start.extend_from_slice("\u{feff}".as_bytes());
        }
        let mut writer = csv::Writer::from_writer(start);
        let mut written = Ok(());
        if !self.has_head {
            self.has_head = true;
            written = writer.write_record([
                "Seq",
                "Id",
                "At",
                "Actor",
                "ActorName",
                "Owner",
                "OwnerName",
                "Kind",
                "Subject",
                "Details",
            ]);
        }
        for event in &events {
            written = written.and_then(|()| writer.write_record(record(event)));
        }
        if let Some(last) = events.last().filter(|_| events.len() as u64 == BATCH) {
            match self.read(last.event.seq).await {
                Ok(older) => self.next = Some(older),
                Err(error) => return Some(Err(std::io::Error::other(error))),
            }
        }
        let bytes = written
            .map_err(std::io::Error::other)
            .and_then(|()| writer.into_inner().map_err(csv::IntoInnerError::into_error));
        Some(bytes)
    }

    async fn read(&self, before: i64) -> Result<Vec<NamedEventView>, Error> {
        let operator = self.service.still_administrator(&self.by).await?;
        operator
            .event_page(self.filter.query(Some(before), BATCH))
            .await
    }
}

fn record(named: &NamedEventView) -> [String; 10] {
    let event = &named.event;
    let mut details = event.details.clone();
    if let Some(details) = details.as_object_mut() {
        details.remove("Rows");
    }
    [
        event.seq.to_string(),
        event.id.to_string(),
        event.at.to_string(),
        inert(&event.actor),
        inert(named.actor_name.as_deref().unwrap_or_default()),
        event
            .owner
            .map(|owner| owner.to_string())
            .unwrap_or_default(),
        inert(named.owner_name.as_deref().unwrap_or_default()),
        inert(&event.kind),
        inert(&event.subject),
        inert(&details.to_string()),
    ]
}

/// A cell in which a spreadsheet finds no formula, whichever sign it separates cells by. People
/// choose their names. Whatever could begin a cell and would be taken for a formula is made a text.
fn inert(text: &str) -> String {
    const FORMULA: [char; 10] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r'];
    let mut cell = String::with_capacity(text.len());
    let mut may_begin = true;
    for character in text.chars() {
        if may_begin && FORMULA.contains(&character) {
            cell.push('\'');
        }
        cell.push(character);
        may_begin = match character {
            ',' | ';' | '\t' | '\r' | '\n' => true,
            '"' | ' ' => may_begin,
            _ => false,
        };
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_whatever_separates_the_cells() {
        let names = [
            "=1+1",
            "@x",
            "-2",
            "＝1+1",
            "x;=1+1;y",
            "x; \"@x\";y",
            "x,+1,y",
            "x\t=1\ty",
            "\t=1",
            "x\";=1",
            "ada; b",
            "ada",
            "a=b",
            "",
        ];
        for name in names {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["1", &inert(name), "ada"]).unwrap();
            let file = writer.into_inner().unwrap();
            for separator in [b',', b';', b'\t'] {
                let mut reader = csv::ReaderBuilder::new()
                    .delimiter(separator)
                    .has_headers(false)
                    .flexible(true)
                    .from_reader(&file[..]);
                for record in reader.records() {
                    for cell in &record.unwrap() {
                        let cell = cell.trim_start_matches(['"', ' ']);
                        let begins = cell.starts_with(['=', '+', '-', '@', '＝', '\t', '\r']);
                        assert!(!begins, "{name:?} by {:?}: {cell:?}", char::from(separator));
                    }
                }
            }
        }
        for harmless in ["ada; b", "ada", "a=b", ""] {
            assert_eq!(inert(harmless), harmless);
        }
    }

    #[test]
    fn details_are_told_in_words_and_without_the_rows() {
        let value = serde_json::json!({
            "Name": "ci",
            "IsAdmin": true,
            "ExpiresAt": "2026-12-25T10:20:30.123Z",
            "Scopes": ["a", "b"],
            "Rows": [{"Tag": "ff"}]
        });
        assert_eq!(
            details(
                &value,
                &Zone::named("Europe/Berlin").unwrap(),
                Text::ENGLISH
            ),
            "Expires at: 25 Dec 2026, 11:20:30 · Is admin: yes · Name: ci · Scopes: a, b"
        );
    }
}
