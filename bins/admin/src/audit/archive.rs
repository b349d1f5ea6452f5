//! Archiving the event log.

use std::path::PathBuf;
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_domain::time::NotATime;
use ats_pat_domain::{EventId, Timestamp};
use ats_pat_program::Access;
use ats_pat_service::{Archived, ArchivedPart, SystemClock};
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::Shown;

#[derive(Args)]
pub struct Archive {
    /// The file to write. There must be none
    file: PathBuf,
    /// The archive that this one continues; without it, this one begins with event 1
    #[arg(long, value_name = "ARCHIVE")]
    after: Option<PathBuf>,
    /// Only events before this time (RFC 3339) or day (UTC); without it, all
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "keep_days")]
    before: Option<Timestamp>,
    /// Only events older than so many days
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: Option<u32>,
}

const WITH_THE_KEYS: &str =
    "the event log is archived with the keys that sealed it, which no interface gives";

/// Reads a time, or a day.
fn moment(text: &str) -> Result<Timestamp, NotATime> {
    Timestamp::parse(text).or_else(|error| {
        let midnight = Timestamp::parse(&format!("{text}T00:00:00Z"));
        midnight.map_err(|_| error)
    })
}

impl Archive {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let days = self.keep_days.map(|days| Duration::from_hours(24) * days);
        let part = ArchivedPart {
            after: self.after,
            before: self
                .before
                .or_else(|| days.map(|days| SystemClock.now().before(days))),
        };
        let archived = invocation
            .at_the_database(WITH_THE_KEYS, Access::Use, async |service| {
                service.operator().archive_events(&self.file, &part).await
            })
            .await?;
        invocation.output.one(&Written::from(archived))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    events: u64,
    first_seq: i64,
    last_seq: i64,
    last_id: EventId,
    last_hash: String,
}

impl From<Archived> for Written {
    fn from(archived: Archived) -> Self {
        Self {
            events: archived.events,
            first_seq: archived.first_seq,
            last_seq: archived.last_seq,
            last_id: archived.last_id,
            last_hash: archived.last_hash,
        }
    }
}

impl Shown for Written {
    const COLUMNS: &'static [&'static str] = &[
        "Events",
        "First event",
        "Last event",
        "Last event's id",
        "Last event's hash",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.events.to_string(),
            self.first_seq.to_string(),
            self.last_seq.to_string(),
            self.last_id.to_string(),
            self.last_hash.clone(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight() {
        let read = |text| moment(text).map(|moment| moment.to_string()).ok();
        let midnight = Some("2026-11-01T00:00:00.000Z".to_owned());
        assert_eq!(read("2026-11-01"), midnight);
        assert_eq!(read("2026-11-01T02:00:00+02:00"), midnight);
        for other in ["", "2026-11", "tomorrow", "2026-11-01T", "2026-11-31"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
