//! The audit trail as a file.

use std::sync::Arc;

use ats_pat_domain::Problem;
use ats_pat_service::view::NamedEventView;
use ats_pat_service::{Error, SignedIn};
use poem::http::header;
use poem::{Body, Response};
use tokio::sync::OwnedSemaphorePermit;

use super::filter::{Filter, read};
use crate::administration::operator;
use crate::visit::Visit;
use crate::words::input_date;

/// How many events are read at once for the file.
const BATCH: u64 = 500;

/// The file (RFC 4180) with all events that the filter finds, the newest first. The server reads it
/// in parts while it sends it.
pub async fn export(visit: &Visit<'_>, by: &SignedIn) -> Result<Response, Problem> {
    let operator = operator(visit, by)?;
    let turn = Arc::clone(&visit.shared.exports)
        .try_acquire_owned()
        .map_err(|_| Problem::too_many_requests(10))?;
    let filter = Filter::of(visit);
    // Reads the first part before the answer begins, so that the status can report a failure.
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

/// A file that is being sent.
struct Export {
    service: ats_pat_service::Service,
    by: SignedIn,
    filter: Filter,
    next: Option<Vec<NamedEventView>>,
    has_head: bool,
    _turn: OwnedSemaphorePermit,
}

impl Export {
    /// The next part, or `None` at the end. If it can't be read, or the reader is no longer an
    /// administrator, the transfer fails. Otherwise an incomplete file would look complete.
    async fn part(&mut self) -> Option<std::io::Result<Vec<u8>>> {
        let events = self.next.take()?;
        let mut start = Vec::new();
        if !self.has_head {
            // Without this mark, Excel reads the file in the encoding of the reader's country.
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

/// Makes a cell that no spreadsheet reads as a formula, whichever character separates its cells.
/// This is needed because people choose the names in it.
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
}
