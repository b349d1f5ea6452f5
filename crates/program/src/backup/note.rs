//! The note of the last backup in the data folder. `doctor` tells of it.
//!
//! It says what this program did on this machine. It is not secret and proves nothing: whoever may
//! write to the data folder may write it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{self, Path, PathBuf};

use ats_pat_files::sync_folder;
use serde::{Deserialize, Serialize};

use super::file::BackupHead;
use crate::settings::Settings;

const NAME: &str = "last-backup";

/// What is noted of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BackupNote {
    /// When it was made, as RFC 3339.
    pub(crate) made_at: String,
    /// The number of the last event in it.
    pub(crate) head_seq: i64,
    /// Where it was written.
    pub(crate) file: PathBuf,
}

/// Notes in the data folder that the backup `file` was made. Without a data folder there is no
/// server on this machine, and nothing is noted.
///
/// # Errors
/// The error of the data folder.
pub fn note_backup(settings: &Settings, file: &Path, head: &BackupHead) -> io::Result<()> {
    if !settings.data_dir.is_dir() {
        return Ok(());
    }
    let note = BackupNote {
        made_at: head.made_at.clone(),
        head_seq: head.head_seq,
        file: path::absolute(file)?,
    };
    let path = settings.data_dir.join(NAME);
    let new = path.with_extension("new");
    let mut handle = ats_pat_files::private()
        .create(true)
        .truncate(true)
        .open(&new)?;
    ats_pat_files::succeed(&handle, &path)?;
    serde_json::to_writer(&mut handle, &note)?;
    handle.write_all(b"\n")?;
    handle.sync_all()?;
    fs::rename(&new, &path)?;
    sync_folder(&settings.data_dir)
}

/// The last backup that was noted.
///
/// # Errors
/// The error of the file, or [`io::ErrorKind::InvalidData`] if it is no note.
pub(crate) fn last_backup(settings: &Settings) -> io::Result<Option<BackupNote>> {
    match fs::read(settings.data_dir.join(NAME)) {
        Ok(note) => Ok(Some(serde_json::from_slice(&note)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
