//! The database: its schema, and what to do after a restore.

use ats_pat_program::{Access, MigrationStatus, OpenedDatabase, PlannedMigration, accept_restore};
use ats_pat_service::{Accepted, RestoreChoice};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::backup::{Backup, Restore, VerifyBackup};
use crate::failure::Failure;
use crate::invocation::{Invocation, public_url};
use crate::output::Shown;

#[derive(Subcommand)]
pub enum Command {
    /// Brings the schema up to date; makes a SQLite database where it is missing
    Migrate(Migrate),
    /// Where the schema stands
    Status,
    /// Writes an encrypted backup into a new file, and verifies it; servers go on meanwhile
    Backup(Backup),
    /// Reads a backup back, and verifies all that is in it; exit code 1 where something is found
    VerifyBackup(VerifyBackup),
    /// Puts the content of a backup in the place of the database; no server may use it
    Restore(Restore),
    /// Takes a database that was restored by its own tools for the right one
    AcceptRestore(AcceptRestore),
}

#[derive(Args)]
pub struct Migrate {
    /// Only tells what would be done, and to how many rows
    #[arg(long)]
    plan: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct AcceptRestore {
    /// Tokens and sessions are as in the backup: what was revoked or regenerated since works again
    #[arg(long)]
    keep: bool,
    /// Every token is revoked and every session ended
    #[arg(long)]
    revoke_all: bool,
}

const WITHOUT_SERVERS: &str = "the schema and a restore are looked after where the database is";

impl Command {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let settings = invocation.settings(WITHOUT_SERVERS)?;
        match self {
            Self::Backup(backup) => backup.run(invocation).await,
            Self::VerifyBackup(verify) => verify.run(invocation).await,
            Self::Restore(restore) => restore.run(invocation).await,
            Self::Migrate(Migrate { plan: true }) => {
                let opened = OpenedDatabase::open(settings, Access::Use).await?;
                let plan = opened.migration_plan().await?;
                let plan: Vec<Planned> = plan.into_iter().map(Planned::from).collect();
                invocation.output.list(&plan)
            }
            Self::Migrate(Migrate { plan: false }) => {
                let opened = OpenedDatabase::open(settings, Access::Create).await?;
                let applied = opened.migrate().await?;
                invocation.output.one(&Migrated { applied })
            }
            Self::Status => {
                let opened = OpenedDatabase::open(settings, Access::Use).await?;
                let status = opened.migration_status().await?;
                invocation.output.one(&Schema::from(status))
            }
            Self::AcceptRestore(AcceptRestore { revoke_all, .. }) => {
                let choice = if revoke_all {
                    RestoreChoice::RevokeAll
                } else {
                    RestoreChoice::Keep
                };
                let accepted = accept_restore(settings, &public_url(settings), choice).await?;
                invocation.output.one(&Restored::from(accepted))
            }
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Migrated {
    applied: Vec<String>,
}

impl Shown for Migrated {
    const COLUMNS: &'static [&'static str] = &["Applied"];

    fn cells(&self) -> Vec<String> {
        vec![names(&self.applied)]
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Planned {
    name: String,
    change: &'static str,
    /// The table whose rows the migration goes through.
    table: Option<&'static str>,
    rows: Option<u64>,
}

impl From<PlannedMigration> for Planned {
    fn from(planned: PlannedMigration) -> Self {
        Self {
            name: planned.name,
            change: planned.change,
            table: planned.rows.map(|(table, _)| table),
            rows: planned.rows.map(|(_, rows)| rows),
        }
    }
}

impl Shown for Planned {
    const COLUMNS: &'static [&'static str] = &["Migration", "What it does", "Goes through"];

    fn cells(&self) -> Vec<String> {
        let through = self.table.zip(self.rows);
        let through = through.map(|(table, rows)| format!("{rows} rows of {table}"));
        vec![
            self.name.clone(),
            self.change.to_owned(),
            through.unwrap_or_else(|| "no rows".to_owned()),
        ]
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Schema {
    applied: Vec<String>,
    pending: Vec<String>,
    /// Migrations of a later release.
    unknown: Vec<String>,
    /// Migrations of a later release that this one can work beside.
    beside: Vec<String>,
}

impl From<MigrationStatus> for Schema {
    fn from(status: MigrationStatus) -> Self {
        Self {
            applied: status.applied,
            pending: status.pending,
            unknown: status.unknown,
            beside: status.beside,
        }
    }
}

impl Shown for Schema {
    const COLUMNS: &'static [&'static str] = &[
        "Applied",
        "Pending",
        "Of a later release",
        "Of a later release, but harmless",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            names(&self.applied),
            names(&self.pending),
            names(&self.unknown),
            names(&self.beside),
        ]
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Restored {
    given_up_seq: i64,
    head_seq: i64,
    revoked: u64,
}

impl From<Accepted> for Restored {
    fn from(accepted: Accepted) -> Self {
        Self {
            given_up_seq: accepted.given_up_seq,
            head_seq: accepted.head_seq,
            revoked: accepted.revoked,
        }
    }
}

impl Shown for Restored {
    const COLUMNS: &'static [&'static str] =
        &["Last event given up", "Last event now", "Tokens revoked"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.given_up_seq.to_string(),
            self.head_seq.to_string(),
            self.revoked.to_string(),
        ]
    }
}

fn names(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
