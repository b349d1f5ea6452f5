//! The event log: reading, exporting and verifying it.

mod archive;
mod archive_folder;
mod csv;
mod export;
mod lines;
mod ocsf;
mod prune;
mod retain;
mod verify;
mod verify_progress;

use ats_pat_program::Access;
use ats_pat_service::EventQuery;
use ats_pat_service::view::EventView;
use clap::{Args, Subcommand};

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
    Verify(verify::Verify),
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
            Self::Verify(verify) => verify.run(invocation).await,
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
