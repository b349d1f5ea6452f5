//! Reads a backup back, and verifies all that is in it.

use std::fs;
use std::path::Path;

use ats_pat_files::folder_of;
use ats_pat_service::{AuditReport, MasterKeySource};

use super::copy::examine;
use super::error::{BackupError, not_read};
use super::file::{self, BackupHead};
use super::workspace::Workspace;
use crate::master_key::{keys_of, master_key_source};
use crate::settings::Settings;
use crate::start_error::StartError;

/// A backup whose content was verified.
#[derive(Clone, Debug)]
pub struct VerifiedBackup {
    /// What it says about itself.
    pub head: BackupHead,
    /// The length of the file, in bytes.
    pub length: u64,
    /// What `audit verify` finds in it.
    pub audit: AuditReport,
}

/// Reads a backup and verifies its content. Needs the master key and no database.
///
/// # Errors
/// [`BackupError`].
pub async fn verify_backup(
    settings: &Settings,
    public_url: &str,
    file: &Path,
) -> Result<VerifiedBackup, BackupError> {
    // A wrong path is told as such, and no folder is made for it.
    fs::File::open(file).map_err(|source| not_read(file, source))?;
    let workspace = Workspace::make(folder_of(file), file)?;
    let source = master_key(settings)?;
    verify(settings, public_url, &source, file, &workspace).await
}

/// Opens `file` into the workspace's `content.db`, and looks at everything in it.
pub(super) async fn verify(
    settings: &Settings,
    public_url: &str,
    source: &MasterKeySource,
    file: &Path,
    workspace: &Workspace,
) -> Result<VerifiedBackup, BackupError> {
    let content = workspace.file("content.db");
    let master = keys_of(source).map_err(StartError::from)?;
    let head = file::open(file, &content, &master)?;
    let source = source.clone();
    let audit = examine(settings, public_url, source, file, &content, &head).await?;
    let length = fs::metadata(file)
        .map_err(|source| not_read(file, source))?
        .len();
    Ok(VerifiedBackup {
        head,
        length,
        audit,
    })
}

/// Where the master key comes from.
pub(super) fn master_key(settings: &Settings) -> Result<MasterKeySource, StartError> {
    Ok(master_key_source(settings)?)
}
