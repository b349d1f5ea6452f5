//! Makes a backup of a database in use, and verifies it.

use std::fs;
use std::io;
use std::path::Path;

use ats_pat_domain::port::Randomness as _;
use ats_pat_files::folder_of;
use ats_pat_service::{Error, SystemRandomness};

use super::copy::head_of;
use super::error::{BackupError, not_written};
use super::file;
use super::verify::{VerifiedBackup, master_key, verify};
use super::workspace::Workspace;
use crate::master_key::keys_of;
use crate::open::{Access, OpenedDatabase, require_current};
use crate::settings::Settings;
use crate::start_error::StartError;

/// Writes a backup of the database into the new file `file`, and verifies it. Servers go on
/// meanwhile.
///
/// # Errors
/// [`BackupError`]. Then there is no file.
pub async fn back_up(
    settings: &Settings,
    public_url: &str,
    file: &Path,
) -> Result<VerifiedBackup, BackupError> {
    if file.symlink_metadata().is_ok() {
        return Err(exists(file));
    }
    let opened = OpenedDatabase::open_with_keys(settings, Access::Use).await?;
    let source = master_key(settings)?;
    let master = keys_of(&source).map_err(StartError::from)?;
    let workspace = Workspace::make(folder_of(file), file)?;
    let (content, sealed) = (workspace.file("content.db"), workspace.file("sealed"));
    make_empty(&content)?;
    let database = &opened.database;
    let kind = database.kind();
    let copied = async {
        require_current(database).await?;
        Ok::<_, BackupError>(database.copy_to(&content).await?)
    };
    let copied = copied.await;
    database.close().await;
    copied?;
    let head = head_of(&content, kind).await?;
    let mut salt = [0; 32];
    SystemRandomness
        .fill(&mut salt)
        .map_err(|error| BackupError::Service(Error::Randomness(error)))?;
    file::seal(&content, &sealed, &head, &master, salt)?;
    fs::remove_file(&content).map_err(|source| not_written(&content, source))?;
    let verified = verify(settings, public_url, &source, &sealed, &workspace).await?;
    publish(&sealed, file)?;
    Ok(verified)
}

/// Makes a file for its owner alone, which SQLite fills.
fn make_empty(path: &Path) -> Result<(), BackupError> {
    let made = ats_pat_files::private().create_new(true).open(path);
    made.map(drop).map_err(|source| not_written(path, source))
}

/// Gives a finished file its name. A file that was made there meanwhile stays.
fn publish(sealed: &Path, file: &Path) -> Result<(), BackupError> {
    ats_pat_files::publish(sealed, file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => exists(file),
        _ => not_written(file, error),
    })
}

fn exists(path: &Path) -> BackupError {
    BackupError::Exists {
        path: path.to_owned(),
    }
}
