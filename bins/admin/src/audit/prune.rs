//! Removing archived events from the log.

use std::path::PathBuf;

use ats_pat_program::Access;
use ats_pat_service::{PrunedEvents, Pruning};
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::Shown;

#[derive(Args)]
pub struct Prune {
    /// The archives of the events, which follow each other: what they have is removed from the log
    #[arg(value_name = "ARCHIVE", required = true)]
    archives: Vec<PathBuf>,
    /// Although `audit verify` finds something: make a note of its findings first
    #[arg(long)]
    despite_findings: bool,
}

const WITH_THE_KEYS: &str =
    "events are removed with the keys that sealed the log, which no interface gives";

impl Prune {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let pruned = invocation
            .at_the_database(WITH_THE_KEYS, Access::Use, async |service| {
                let wish = Pruning {
                    despite_findings: self.despite_findings,
                };
                service.operator().prune_events(&self.archives, wish).await
            })
            .await?;
        invocation.output.one(&Done::from(pruned))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Done {
    removed: u64,
    kept: u64,
    through_seq: i64,
}

impl From<PrunedEvents> for Done {
    fn from(pruned: PrunedEvents) -> Self {
        Self {
            removed: pruned.removed,
            kept: pruned.kept,
            through_seq: pruned.through_seq,
        }
    }
}

impl Shown for Done {
    const COLUMNS: &'static [&'static str] = &["Removed", "Kept", "Through event"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.removed.to_string(),
            self.kept.to_string(),
            self.through_seq.to_string(),
        ]
    }
}
