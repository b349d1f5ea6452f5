//! The event log: reading, exporting and verifying it.

mod archive;
mod csv;
mod export;
mod lines;
mod ocsf;
mod prune;
mod retain;

use std::path::PathBuf;

use ats_pat_program::Access;
use ats_pat_service::view::EventView;
use ats_pat_service::{ArchiveError, AuditReport, EventQuery};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{Shown, or_dash};

#[derive(Subcommand)]
pub enum Command {
    /// The latest events, the newest first
    List(List),
    /// Every event in its order, the oldest first, each on a line: for a SIEM or an archive
    Export(export::Export),
    /// Writes events into a new file, as they are chained, and reads it back; they stay in the log
    Archive(archive::Archive),
    /// Removes archived events from the log, except those that something still needs
    Prune(prune::Prune),
    /// Archives old events into a folder and removes them from the log: for a timer
    Retain(retain::Retain),
    /// Compares events and rows with what this service wrote; exit code 1 where something is found
    Verify(Verify),
}

#[derive(Args)]
pub struct List {
    /// How many events to list at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    limit: u64,
    /// Only those about this user's rights
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
}

#[derive(Args)]
pub struct Verify {
    /// Archives of the log, from its first event: verifies that they and the log are one chain
    #[arg(long = "archive", value_name = "FILE", num_args = 1..)]
    archives: Vec<PathBuf>,
}

const WITH_THE_KEYS: &str =
    "the event log is verified with the keys that sealed it, which no interface gives";

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self {
            Self::List(List { limit, owner }) => {
                let query = EventQuery {
                    owner,
                    limit,
                    ..EventQuery::default()
                };
                let events = invocation
                    .administer(Access::Use, async |deployment| {
                        deployment.newest_events(query).await
                    })
                    .await?;
                invocation.output.list(&events)
            }
            Self::Export(export) => export.run(invocation).await,
            Self::Archive(archive) => archive.run(invocation).await,
            Self::Prune(prune) => prune.run(invocation).await,
            Self::Retain(retain) => retain.run(invocation).await,
            Self::Verify(Verify { archives }) => {
                let report = invocation
                    .at_the_database(WITH_THE_KEYS, Access::Use, async |service| {
                        let operator = service.operator();
                        if archives.is_empty() {
                            operator.verify_audit().await.map_err(ArchiveError::from)
                        } else {
                            operator.verify_audit_with(&archives).await
                        }
                    })
                    .await?;
                let report = Report::from(report);
                invocation.output.one(&report)?;
                Failure::of_findings(report.findings.len())
            }
        }
    }
}

impl Shown for EventView {
    const COLUMNS: &'static [&'static str] =
        &["Seq", "At", "Actor", "Owner", "Kind", "Subject", "Details"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.to_string(),
            self.actor.clone(),
            or_dash(self.owner),
            self.kind.clone(),
            self.subject.clone(),
            for_people(&self.details),
        ]
    }
}

/// The details without the tags of the rows. Only `verify` compares these.
fn for_people(details: &serde_json::Value) -> String {
    match details.as_object() {
        Some(object) => object
            .iter()
            .filter(|(name, _)| *name != "Rows")
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(" "),
        None => details.to_string(),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    events: u64,
    rows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    archived: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pruned_through: Option<i64>,
    findings: Vec<String>,
}

impl From<AuditReport> for Report {
    fn from(report: AuditReport) -> Self {
        Self {
            events: report.events,
            rows: report.rows,
            archived: report.archived,
            pruned_through: report.pruned_through,
            findings: report.findings,
        }
    }
}

impl Shown for Report {
    const COLUMNS: &'static [&'static str] = &["Events", "Rows", "Findings"];

    fn cells(&self) -> Vec<String> {
        let findings = if self.findings.is_empty() {
            "none".to_owned()
        } else {
            self.findings.join("; ")
        };
        vec![self.events.to_string(), self.rows.to_string(), findings]
    }

    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("Events", self.events.to_string()),
            ("Rows", self.rows.to_string()),
        ];
        if let Some(archived) = self.archived {
            fields.push(("Archived", archived.to_string()));
        }
        if let Some(seq) = self.pruned_through {
            let proof = if self.archived.is_some() {
                "the archives prove them"
            } else {
                "only archives prove them: name them with --archive"
            };
            fields.push(("Removed", format!("events up to {seq}; {proof}")));
        }
        let mut name = "Findings";
        for finding in &self.findings {
            // Each on a line of its own, because a line break inside one of them would be escaped.
            fields.push((std::mem::take(&mut name), finding.clone()));
        }
        if self.findings.is_empty() {
            fields.push((name, "none".to_owned()));
        }
        fields
    }
}
