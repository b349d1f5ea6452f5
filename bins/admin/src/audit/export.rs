//! Exporting the event log: in order, without gaps, and going on with new events where asked.

use std::ops::Range;
use std::time::Duration;

use ats_pat_domain::EventId;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::StoreError;
use ats_pat_program::{Access, visible_in_json};
use ats_pat_service::view::EventView;
use ats_pat_service::{Error, EventQuery};
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use super::csv::{self, csv};
use super::lines::{Lines, is_abandoned};
use super::ocsf::ocsf;
use crate::deployment::Deployment;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::warn;

/// How many events are held at once, however many there are.
const PAGE: u64 = 1000;
/// How long it is waited for an event before the reader is looked for, and the last event is
/// compared again.
const WAIT: Duration = Duration::from_secs(5);
/// How long after a failure that may pass it is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);

const TOO_MANY_REQUESTS: u32 = 1400;
const UNAVAILABLE: u32 = 1503;

#[derive(Args)]
pub struct Export {
    /// The form in which events are written
    #[arg(long, value_enum)]
    format: Format,
    /// Goes on with new events until it is stopped (SIGINT, SIGTERM) or nobody reads any more
    #[arg(long)]
    follow: bool,
    /// Begins after the event of this number: the last that was exported before
    #[arg(long, value_name = "SEQ", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    after: i64,
    /// Only those of this kind, such as token.revoked
    #[arg(long, value_parser = kinds(), hide_possible_values = true)]
    kind: Option<String>,
    /// Only those about this user's rights
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// An object of the interface on each line
    Jsonl,
    /// Comma-separated values (RFC 4180); the header line is left out with --after
    Csv,
    /// An object of the Open Cybersecurity Schema Framework on each line
    Ocsf,
}

fn kinds() -> PossibleValuesParser {
    PossibleValuesParser::new(EventKind::ALL.map(EventKind::as_str))
}

impl Format {
    /// The event as a line, with its end.
    fn line(self, event: &EventView) -> Result<String, Failure> {
        let json = match self {
            Self::Csv => return Ok(csv(event)),
            Self::Jsonl => serde_json::to_string(event),
            Self::Ocsf => serde_json::to_string(&ocsf(event)),
        };
        let json = json.map_err(|error| Failure::Output(error.into()))?;
        Ok(visible_in_json(&json).into_owned() + "\n")
    }
}

impl Export {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let log = invocation.deployment(Access::Use).await?;
        let lines = Lines::to_standard_output();
        let work = self.export(&log, &lines);
        let exported = if self.follow {
            until_stopped(work).await
        } else {
            work.await
        };
        lines.end().await;
        log.close().await;
        exported
    }

    async fn export(&self, log: &Deployment, lines: &Lines) -> Result<(), Failure> {
        let query = EventQuery {
            owner: self.owner.clone(),
            kind: self.kind.clone(),
            limit: PAGE,
            ..EventQuery::default()
        };
        let mut place = Place {
            seq: self.after,
            id: None,
        };
        if self.format == Format::Csv && self.after == 0 {
            let header = vec![csv::HEADER.to_owned()];
            lines.write(header).await.map_err(Failure::Output)?;
        }
        // The log has gaps before this event where an operator removed old events.
        let mut removed_to = 0;
        let mut is_known = false;
        let mut was_away = false;
        loop {
            let read = async {
                if !is_known {
                    place.check(log).await?;
                }
                let wait = if self.follow { WAIT } else { Duration::ZERO };
                log.events_after(place.seq, &query, wait).await
            };
            let (events, next) = match read.await {
                Ok(read) => read,
                Err(failure) if self.follow && may_pass(&failure) => {
                    if !was_away {
                        let text = ats_pat_service::causes(&failure);
                        warn(&format!("{text}; going on as soon as that is over"));
                    }
                    (was_away, is_known) = (true, false);
                    sleep(TRY_AGAIN).await;
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            was_away = false;
            let is_over = next == place.seq;
            // Whoever restores a database stops everything first, so that is a pause here.
            is_known = !is_over;
            let is_whole = query.kind.is_none() && query.owner.is_none();
            let mut missing = is_whole.then(|| first_gap(place.seq, &events)).flatten();
            if let Some(gap) = &missing
                && gap.end > removed_to
            {
                removed_to = last_removed(log).await?;
            }
            while let Some(gap) = missing.take_if(|gap| gap.end <= removed_to) {
                // An operator removed them, and archives have them.
                let behind = events.iter().position(|event| event.seq == gap.end);
                let rest = behind.map_or(&[][..], |first| &events[first..]);
                missing = first_gap(gap.end - 1, rest);
            }
            let mut page = Vec::with_capacity(events.len());
            for event in events.iter().take_while(|event| {
                missing
                    .as_ref()
                    .is_none_or(|missing| event.seq < missing.start)
            }) {
                page.push(self.format.line(event)?);
                place = Place {
                    seq: event.seq,
                    id: Some(event.id),
                };
            }
            lines.write(page).await.map_err(Failure::Output)?;
            if let Some(missing) = missing {
                return Err(Failure::EventsMissing {
                    from: missing.start,
                    to: missing.end - 1,
                });
            }
            if place.seq != next {
                // What follows the last one that passed was looked at, too.
                place = Place {
                    seq: next,
                    id: None,
                };
            }
            if is_over && (!self.follow || is_abandoned()) {
                return Ok(());
            }
        }
    }
}

/// The number of the last event before which old events were removed. 0 if none ever were.
async fn last_removed(log: &Deployment) -> Result<i64, Failure> {
    let removals = EventQuery {
        kind: Some(EventKind::EventsPruned.as_str().to_owned()),
        limit: 1,
        ..EventQuery::default()
    };
    let last = log.newest_events(removals).await?;
    let through = last
        .first()
        .and_then(|event| event.details["Through"].as_i64());
    Ok(through.unwrap_or_default())
}

/// The last event that was looked at.
struct Place {
    seq: i64,
    id: Option<EventId>,
}

impl Place {
    /// Asks that the log still goes through here. One that was restored from a backup does not.
    async fn check(&self, log: &Deployment) -> Result<(), Failure> {
        if self.seq == 0 {
            return Ok(());
        }
        let one = EventQuery {
            limit: 1,
            ..EventQuery::default()
        };
        let (found, _) = log.events_after(self.seq - 1, &one, Duration::ZERO).await?;
        let is_it = |event: &EventView| match self.id {
            Some(id) => event.seq == self.seq && event.id == id,
            // Where events were removed, the export goes on behind them.
            None => event.seq >= self.seq,
        };
        if found.first().is_some_and(is_it) {
            Ok(())
        } else {
            Err(Failure::ExportedFromAnother { seq: self.seq })
        }
    }
}

/// The first numbers that are missing among all events after `after`.
fn first_gap(after: i64, events: &[EventView]) -> Option<Range<i64>> {
    let mut expected = (after.saturating_add(1)..).zip(events);
    let (from, event) = expected.find(|(expected, event)| event.seq != *expected)?;
    Some(from..event.seq)
}

/// Whether the same may succeed a little later: database or servers restart, or fail over, or the
/// service was asked too often.
fn may_pass(failure: &Failure) -> bool {
    match failure {
        Failure::Service(error) => matches!(
            error,
            Error::Store(StoreError::Unavailable(_) | StoreError::Retryable(_)) | Error::LogNotRead
        ),
        Failure::Client(error) => matches!(error, ats_pat_client::Error::Unavailable(_)),
        Failure::Refused(refusal) => matches!(refusal.code, TOO_MANY_REQUESTS | UNAVAILABLE),
        // Of a proxy, while no server answers it.
        Failure::UnexpectedAnswer { status } => matches!(status, 502..=504),
        _ => false,
    }
}

/// Does the work until it is over or a signal asks for the end, which is a success.
async fn until_stopped(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(Failure::Signals);
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let next = async |signal: &mut Signal| signal.recv().await;
    tokio::select! {
        done = work => done,
        _ = next(&mut interrupt) => Ok(()),
        _ = next(&mut terminate) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::Timestamp;

    use super::*;

    #[test]
    fn a_removed_event_is_noticed_wherever_it_was() {
        let event = |seq| EventView {
            seq,
            id: EventId::new(Timestamp::from_millis(seq), [0; 10]),
            at: Timestamp::from_millis(seq),
            actor: "system".to_owned(),
            owner: None,
            kind: "keys.resealed".to_owned(),
            subject: "master-key".to_owned(),
            details: serde_json::Value::Null,
        };
        for (after, events, gap) in [
            (0, vec![1, 2, 3], None),
            (0, vec![2, 3], Some(1..2)),
            (7, vec![8, 9, 12, 14], Some(10..12)),
            (7, vec![], None),
        ] {
            let events: Vec<_> = events.into_iter().map(event).collect();
            assert_eq!(first_gap(after, &events), gap);
        }
    }
}
