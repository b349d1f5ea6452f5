//! Verifying the event log and the rows.

use std::path::PathBuf;
use std::sync::Arc;

use ats_pat_program::Access;
use ats_pat_service::AuditReport;
use clap::Args;
use serde::Serialize;

use super::verify_progress::VerifyProgress;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::Shown;

const WITH_THE_KEYS: &str =
    "the event log is verified with the keys that sealed it, which no interface gives";

#[derive(Args)]
pub struct Verify {
    /// Archives of the log, from its first event: verifies that they and the log are one chain
    #[arg(long = "archive", value_name = "FILE", num_args = 1..)]
    archives: Vec<PathBuf>,
}

impl Verify {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let progress = Arc::new(VerifyProgress::new());
        let shown = Arc::clone(&progress);
        let report = invocation
            .at_the_database(WITH_THE_KEYS, Access::Use, async |service| {
                let archives = Some(&*self.archives).filter(|archives| !archives.is_empty());
                let operator = service.operator();
                operator
                    .verify_audit_telling(archives, move |came| shown.show(came))
                    .await
            })
            .await;
        progress.end();
        let report = Report::from(report?);
        invocation.output.one(&report)?;
        Failure::of_findings(report.findings.len())
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
