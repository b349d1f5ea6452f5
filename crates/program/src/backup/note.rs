//! The note of the last backup in the data folder. `doctor` tells of it.
//!
//! It says what this program did on this machine. It is not secret and proves nothing: whoever may
//! write to the data folder may write it.

use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};

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
    let mut content = serde_json::to_vec(&note)?;
    content.push(b'\n');
    ats_pat_files::replace(&settings.data_dir.join(NAME), &content)
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
