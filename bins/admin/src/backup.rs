//! Backups of the database: making, verifying and restoring them.

use std::path::PathBuf;

use ats_pat_program::{
    Restoration, RestoreOptions, Rights, VerifiedBackup, back_up, note_backup, restore,
    verify_backup,
};
use clap::Args;
use serde::Serialize;

use crate::failure::Failure;
use crate::invocation::{Invocation, public_url};
use crate::output::{Shown, or_dash, warn};

const WITH_THE_KEYS: &str = "backups are made and restored where the database and its keys are";

/// The file of a backup.
#[derive(Args)]
pub struct Backup {
    /// The file to write. There must be none
    file: PathBuf,
}

#[derive(Args)]
pub struct VerifyBackup {
    /// The backup. A folder beside it has to have room for its content
    file: PathBuf,
}

#[derive(Args)]
pub struct Restore {
    /// The file of the backup
    file: PathBuf,
    /// Replaces a database that is not empty
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    rights: RightsFlags,
}

#[derive(Args)]
#[group(required = false, multiple = false)]
struct RightsFlags {
    /// What was revoked, regenerated or disabled since the backup stays so, as far as the database
    /// that is replaced tells; every session is ended
    #[arg(long)]
    revoke_since: bool,
    /// Every token is revoked and every session ended
    #[arg(long)]
    revoke_all: bool,
    /// Tokens and sessions are as in the backup: what was revoked or regenerated since works again
    #[arg(long)]
    keep: bool,
}

impl Backup {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let settings = invocation.settings(WITH_THE_KEYS)?;
        let made = back_up(settings, &public_url(settings), &self.file).await?;
        // The backup is there and whole, so this is no failure.
        if let Err(error) = note_backup(settings, &self.file, &made.head) {
            warn(&format!(
                "the data folder takes no note of this backup, so `ats-pat-server doctor` won't know of it: {error}"
            ));
        }
        let shown = Verified::from(made);
        for finding in &shown.findings {
            warn(finding);
        }
        invocation.output.one(&shown)
    }
}

impl VerifyBackup {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let settings = invocation.settings(WITH_THE_KEYS)?;
        let verified = verify_backup(settings, &public_url(settings), &self.file).await?;
        let shown = Verified::from(verified);
        invocation.output.one(&shown)?;
        Failure::of_findings(shown.findings.len())
    }
}

impl Restore {
    pub async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        let settings = invocation.settings(WITH_THE_KEYS)?;
        let options = RestoreOptions {
            replace: self.replace,
            rights: self.rights.chosen(),
        };
        let done = restore(settings, &public_url(settings), &self.file, options).await?;
        for finding in &done.backup.audit.findings {
            warn(finding);
        }
        if let Some(unknown) = &done.unknown {
            warn(unknown);
        }
        invocation.output.one(&Restored::from(done))
    }
}

impl RightsFlags {
    fn chosen(&self) -> Option<Rights> {
        [
            (self.revoke_since, Rights::RevokeSince),
            (self.revoke_all, Rights::RevokeAll),
            (self.keep, Rights::Keep),
        ]
        .into_iter()
        .find_map(|(is_chosen, rights)| is_chosen.then_some(rights))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Verified {
    made_at: String,
    program: String,
    database: String,
    head_seq: i64,
    head_id: String,
    head_hash: String,
    length: u64,
    events: u64,
    rows: u64,
    findings: Vec<String>,
}

impl From<VerifiedBackup> for Verified {
    fn from(backup: VerifiedBackup) -> Self {
        let VerifiedBackup {
            head,
            length,
            audit,
        } = backup;
        Self {
            made_at: head.made_at,
            program: head.program,
            database: head.database,
            head_seq: head.head_seq,
            head_id: head.head_id,
            head_hash: head.head_hash,
            length,
            events: audit.events,
            rows: audit.rows,
            findings: audit.findings,
        }
    }
}

impl Shown for Verified {
    const COLUMNS: &'static [&'static str] = &[
        "Made at",
        "Program",
        "Database",
        "Last event",
        "Its id",
        "Its hash",
        "Bytes",
        "Events verified",
        "Rows verified",
        "Findings",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.made_at.clone(),
            self.program.clone(),
            self.database.clone(),
            self.head_seq.to_string(),
            self.head_id.clone(),
            self.head_hash.clone(),
            self.length.to_string(),
            self.events.to_string(),
            self.rows.to_string(),
            if self.findings.is_empty() {
                "none".to_owned()
            } else {
                self.findings.join("; ")
            },
        ]
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Restored {
    backup_seq: i64,
    given_up_seq: i64,
    head_seq: i64,
    revoked: u64,
    disabled_users: Vec<String>,
    erased_users: u64,
    operator_keys_revoked: u64,
    signing_keys_replaced: bool,
    policy_is_older: bool,
    unknown: Option<String>,
    database_before: Option<PathBuf>,
}

impl From<Restoration> for Restored {
    fn from(done: Restoration) -> Self {
        let restored = done.restored;
        Self {
            backup_seq: done.backup.head.head_seq,
            given_up_seq: restored.given_up_seq,
            head_seq: restored.head_seq,
            revoked: restored.revoked,
            disabled_users: restored.disabled,
            erased_users: restored.erased,
            operator_keys_revoked: restored.operator_keys_revoked,
            signing_keys_replaced: restored.signing_keys_replaced,
            policy_is_older: restored.policy_is_older,
            unknown: done.unknown,
            database_before: done.aside,
        }
    }
}

impl Shown for Restored {
    const COLUMNS: &'static [&'static str] = &[
        "Last event of the backup",
        "Last event given up",
        "Last event now",
        "Tokens revoked",
        "Users disabled",
        "Users erased again",
        "Operator keys revoked",
        "Signing keys replaced",
        "Policy",
        "Not known",
        "Database of before",
    ];

    fn cells(&self) -> Vec<String> {
        let disabled = self.disabled_users.join(", ");
        let policy = if self.policy_is_older {
            "changed since the backup: apply it again"
        } else {
            "-"
        };
        let before = self.database_before.as_ref();
        vec![
            self.backup_seq.to_string(),
            self.given_up_seq.to_string(),
            self.head_seq.to_string(),
            self.revoked.to_string(),
            or_dash(Some(disabled).filter(|names| !names.is_empty())),
            self.erased_users.to_string(),
            self.operator_keys_revoked.to_string(),
            crate::output::yes_or_no(self.signing_keys_replaced),
            policy.to_owned(),
            or_dash(self.unknown.as_ref()),
            or_dash(before.map(|path| path.display())),
        ]
    }
}
