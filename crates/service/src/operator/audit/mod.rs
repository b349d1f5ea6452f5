//! Verifying the audit trail, and the tables against it.

mod left;
mod pages;
mod progress;
mod rows;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use ats_pat_domain::event::{Event, Head};

use self::pages::{Checked, Pages};
pub use self::progress::AuditProgress;
use self::progress::Told;
use super::Operator;
use super::archive::{Joint, ReadArchives};
use crate::ledger::archive::ArchiveError;
use crate::ledger::pruned::Pruned;
use crate::ledger::{
    Difference, FORMER_VERSION, LastLogged, LoggedRow, RowName, Upgrade, WrittenRow,
};
use crate::service::error::Error;

/// How many rows are read at once.
const BATCH: u64 = 1000;

/// What verifying the event log and the rows found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// How many events were verified.
    pub events: u64,
    /// How many rows were compared with them.
    pub rows: u64,
    /// How many events of archives were verified. `None` if no archive was named.
    pub archived: Option<u64>,
    /// The number of the last event of the part of the log from which events were removed. `None`
    /// if none were ever removed. Archives prove that part.
    pub pruned_through: Option<i64>,
    /// One sentence for each thing that is not as this service wrote it.
    pub findings: Vec<String>,
}

impl Operator<'_> {
    /// Walks the chain from its first event, then compares every row that grants rights with its
    /// last event: what was planted, altered, replayed, or removed is found. Changes that are made
    /// meanwhile are no finding: a row that differs is compared once more.
    pub async fn verify_audit(&self) -> Result<AuditReport, Error> {
        self.audit(None, Told::default()).await
    }

    /// Like [`verify_audit`](Self::verify_audit), and verifies that these archives and the log are
    /// one chain.
    ///
    /// # Errors
    /// [`ArchiveError::NotRead`] and [`ArchiveError::Service`].
    pub async fn verify_audit_with(
        &self,
        archives: &[PathBuf],
    ) -> Result<AuditReport, ArchiveError> {
        let archives = ReadArchives::read(archives, self.service.roots(), 0)?;
        Ok(self.audit(Some(&archives), Told::default()).await?)
    }

    /// Verifies the log, with archives if there are any, and tells how far it came. It waits for a
    /// database that restarts or fails over meanwhile, for ten minutes at most.
    ///
    /// # Errors
    /// Those of [`verify_audit_with`](Self::verify_audit_with).
    pub async fn verify_audit_telling(
        &self,
        archives: Option<&[PathBuf]>,
        told: impl Fn(AuditProgress) + Send + Sync + 'static,
    ) -> Result<AuditReport, ArchiveError> {
        let roots = self.service.roots();
        let archives = archives.map(|archives| ReadArchives::read(archives, roots, 0));
        let archives = archives.transpose()?;
        Ok(self.audit(archives.as_ref(), Told::new(told)).await?)
    }

    async fn audit(
        &self,
        archives: Option<&ReadArchives>,
        told: Told,
    ) -> Result<AuditReport, Error> {
        loop {
            let retries = told.retries();
            let pruned = retries.read(|| self.last_pruned()).await?;
            let report = self.audit_once(archives, told.clone()).await?;
            // Events that were removed meanwhile look as if somebody had cut them out.
            if retries.read(|| self.last_pruned()).await? == pruned {
                return Ok(report);
            }
        }
    }

    /// The last removal of events, as its event says.
    async fn last_pruned(&self) -> Result<Option<Pruned>, Error> {
        match Pruned::last(self.service.store(), self.service.roots()).await {
            // The walk reports it.
            Err(Error::Tampered { .. }) => Ok(None),
            other => other,
        }
    }

    async fn audit_once(
        &self,
        archives: Option<&ReadArchives>,
        told: Told,
    ) -> Result<AuditReport, Error> {
        let mut audit = Audit {
            operator: self,
            report: AuditReport {
                archived: archives.map(|archives| archives.events),
                findings: archives.map_or_else(Vec::new, |archives| archives.findings.clone()),
                ..AuditReport::default()
            },
            joints: archives.map_or_else(Vec::new, |archives| archives.joints.clone()),
            archived_to: archives.and_then(|archives| archives.end),
            seen: self.service.inner.changes.anchor.head(),
            walked: Head::EMPTY,
            last_logged: LastLogged::new(),
            upgrade: None,
            only: None,
            differences: BTreeSet::new(),
            differing: HashMap::new(),
            told,
            expected_events: 0,
            expected_rows: 0,
        };
        audit.walk_chain().await?;
        audit.compare_rows().await?;
        let unreadable = self.service.store().take_unreadable();
        let first = audit.differences();
        if !first.is_empty() {
            audit.walk_on().await?;
            audit.compare_rows().await?;
            drop(self.service.store().take_unreadable());
            for finding in Difference::found_twice(&first, audit.differences()) {
                audit.find(finding);
            }
        }
        for row in unreadable {
            audit.find(format!("row {row} can't be read"));
        }
        Ok(audit.report)
    }
}

struct Audit<'a> {
    operator: &'a Operator<'a>,
    report: AuditReport,
    /// The events by which archives join the log.
    joints: Vec<Joint>,
    /// The last event of the archives.
    archived_to: Option<Head>,
    /// The end of the log that was seen before.
    seen: Head,
    /// The last event that was verified.
    walked: Head,
    /// The last logged state of the rows that were not compared yet.
    last_logged: LastLogged,
    upgrade: Option<Upgrade>,
    /// The rows that are compared once more; `None` at first: all.
    only: Option<HashSet<RowName>>,
    differences: BTreeSet<Difference>,
    /// The last logged state of the rows that differ.
    differing: HashMap<RowName, Option<LoggedRow>>,
    told: Told,
    /// About how many events there are.
    expected_events: u64,
    /// About how many rows there are.
    expected_rows: u64,
}

impl Audit<'_> {
    async fn walk_chain(&mut self) -> Result<(), Error> {
        let service = self.operator.service;
        let retries = self.told.retries();
        let end = retries.read(|| service.store().events().head()).await?;
        self.expected_events = end.seq.unsigned_abs();
        self.find_planted_before_the_first().await?;
        self.walk_what_is_left().await?;
        self.walk_on().await?;
        let before = self.walked;
        if before.seq < end.seq || (before.seq == end.seq && before.hash != end.hash) {
            self.find(format!(
                "the log ends at event {}, but its head says {}: events were cut off",
                before.seq, end.seq
            ));
        }
        for joint in std::mem::take(&mut self.joints) {
            if before.seq < joint.head.seq {
                let (end, Joint { head, what }) = (before.seq, joint);
                self.find(format!(
                    "the log ends at event {end}, but event {}, {what}, was there: events were cut off",
                    head.seq
                ));
            }
        }
        if before.seq < self.seen.seq {
            self.find(format!(
                "the log ends at event {}, but event {} was seen: events were cut off",
                before.seq, self.seen.seq
            ));
        }
        Ok(())
    }

    /// Verifies the events that follow those which were verified.
    async fn walk_on(&mut self) -> Result<(), Error> {
        let mut pages = self.pages(self.walked, i64::MAX);
        while let Some(page) = pages.next().await? {
            for checked in page {
                let head = checked.event.head();
                self.verify_event(checked);
                self.walked = head;
            }
            self.tell_events();
        }
        Ok(())
    }

    /// The events after `after`, at least up to number `through` if there are so many.
    fn pages(&self, after: Head, through: i64) -> Pages {
        let changes = &self.operator.service.inner.changes;
        let (store, retries) = (Arc::clone(&changes.store), self.told.retries());
        Pages::new(Arc::clone(&changes.roots), after, through, move |next| {
            let (store, retries) = (Arc::clone(&store), retries.clone());
            async move { retries.read(|| store.events().from(next, BATCH)).await }
        })
    }

    /// Events that were chained while the rows were compared are not worth a word.
    fn tell_events(&self) {
        if self.only.is_none() {
            let done = self.report.events;
            let count = self.expected_events.max(done);
            self.told.tell(|| AuditProgress::Events { done, count });
        }
    }

    /// The log begins with event 1.
    async fn find_planted_before_the_first(&mut self) -> Result<(), Error> {
        let events = self.operator.service.store().events();
        let first = self.told.retries();
        let first = first.read(|| events.from(i64::MIN, 1)).await?;
        if let Some(planted) = first.first().filter(|event| event.seq < 1) {
            self.find(format!("event {} was planted", planted.seq));
        }
        Ok(())
    }

    fn verify_event(&mut self, checked: Checked) {
        let seq = checked.event.seq;
        // Events come in their order, so this one is larger.
        let next = self.walked.next().unwrap_or(i64::MAX);
        if seq != next {
            self.find(format!(
                "events {next} to {} are missing",
                seq.saturating_sub(1)
            ));
        } else if !checked.follows {
            self.find(format!(
                "event {seq} was altered, or does not follow the one before"
            ));
        }
        self.verify_alone(&checked);
        match checked.rows {
            Some(rows) => self.note_rows(&checked.event, rows),
            None => self.find(format!("the details of event {seq} can't be read")),
        }
    }

    /// What can be verified of an event without the one before.
    fn verify_alone(&mut self, checked: &Checked) {
        let event = &checked.event;
        self.report.events += 1;
        if event.seq == self.seen.seq && event.hash != self.seen.hash {
            self.find(format!("event {} is not the one that was seen", event.seq));
        }
        self.compare_with_archives(event);
        if !checked.personal_is_genuine {
            self.find(format!(
                "the personal details of event {} were altered",
                event.seq
            ));
        }
        self.upgrade = Upgrade::of(event).or(self.upgrade);
        self.report.findings.extend_from_slice(&checked.ended);
    }

    /// An event that an archive has must be the same in the log. Then all events before it are,
    /// too, because both are chained.
    fn compare_with_archives(&mut self, event: &Event) {
        let here = self.joints.iter().filter(|it| it.head.seq == event.seq);
        let others = here.filter(|joint| joint.head != event.head());
        let findings = others.map(|joint| format!("event {} is not {}", event.seq, joint.what));
        self.report.findings.extend(findings);
    }

    fn note_rows(&mut self, event: &Event, rows: Vec<WrittenRow<'_>>) {
        for row in rows {
            let name = RowName::new(&row.table, &row.id);
            let before = self.last_logged.insert(name, LoggedRow::of(event, &row));
            self.find_by_change(event, &row, before.as_ref());
        }
    }

    fn find_by_change(&mut self, event: &Event, row: &WrittenRow<'_>, before: Option<&LoggedRow>) {
        if event.version != FORMER_VERSION
            && let Some(what) = self.found_by_change(row, before)
        {
            self.find(format!(
                "row {} of {} {what} when event {} wrote or removed it",
                row.id, row.table, event.seq
            ));
        }
    }

    /// How a row differed from its last event when a change wrote or removed it. The change hides
    /// the difference from later comparisons of the tables, so it is reported for ever.
    fn found_by_change(&self, row: &WrittenRow<'_>, before: Option<&LoggedRow>) -> Option<String> {
        let stood_there = before.is_some_and(|before| before.tag.is_some());
        let Some(replaces) = row.replaces else {
            return (row.tag.is_some() && stood_there).then(|| "had been removed".to_owned());
        };
        let Some(stood) = replaces.seq else {
            return Some("had been planted or altered".to_owned());
        };
        let is_it = before.is_none_or(|before| before.seq == stood)
            || self.upgrade.is_some_and(|upgrade| {
                before.is_some_and(|before| before.seq <= upgrade.seq) && stood == upgrade.seq
            });
        (!is_it).then(|| format!("had been put back, as event {stood} wrote it,"))
    }

    fn find(&mut self, finding: String) {
        self.report.findings.push(finding);
    }
}
