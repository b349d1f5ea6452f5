//! The folder of the archives that one command writes.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use ats_pat_domain::Timestamp;
use ats_pat_service::ArchiveError;

use crate::failure::Failure;

const PREFIX: &str = "events-before-";
const SUFFIX: &str = ".jsonl";
/// Whoever holds a lock on this file works in the folder.
const LOCK: &str = ".lock";
/// A file that an archive is written into has this in its name.
const UNFINISHED: &str = ".unfinished-";

/// A folder in which no other run works.
pub(super) struct ArchiveFolder {
    folder: PathBuf,
    _lock: File,
}

impl ArchiveFolder {
    /// Takes the folder for this run, and removes what a run that was killed left unfinished there.
    pub(super) fn take(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(LOCK);
        let failed = |source| ArchiveError::NotWritten {
            path: path.clone(),
            source,
        };
        let mut options = ats_pat_files::private();
        let lock = options.create(true).truncate(false).open(&path);
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::FolderInUse {
                    folder: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source).into()),
        }
        let taken = Self {
            folder: folder.to_owned(),
            _lock: lock,
        };
        taken.clear()?;
        Ok(taken)
    }

    fn clear(&self) -> Result<(), Failure> {
        for name in self.names()? {
            let is_ours = name.strip_prefix('.').is_some_and(|name| {
                name.starts_with(PREFIX) && name.contains(&format!("{SUFFIX}{UNFINISHED}"))
            });
            if is_ours {
                let path = self.folder.join(name);
                fs::remove_file(&path)
                    .map_err(|source| ArchiveError::NotWritten { path, source })?;
            }
        }
        Ok(())
    }

    /// The archives, by name. A link could lead out of the folder, and to open a pipe would take
    /// for ever.
    pub(super) fn archives(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut found = Vec::new();
        for name in self.names()? {
            if !(name.starts_with(PREFIX) && name.ends_with(SUFFIX)) {
                continue;
            }
            let path = self.folder.join(name);
            let kind = path.symlink_metadata();
            let kind = kind.map_err(|source| not_read(&path, source))?;
            if !kind.is_file() {
                return Err(Failure::NoRegularFile { path });
            }
            found.push(path);
        }
        found.sort();
        Ok(found)
    }

    /// The names in the folder that are text. This command writes no others.
    fn names(&self) -> Result<Vec<String>, Failure> {
        let entries = fs::read_dir(&self.folder);
        let mut names = Vec::new();
        for entry in entries.map_err(|source| not_read(&self.folder, source))? {
            let entry = entry.map_err(|source| not_read(&self.folder, source))?;
            names.extend(entry.file_name().into_string());
        }
        Ok(names)
    }

    /// The path of an archive of what is older than this time.
    pub(super) fn archive_of(&self, before: Timestamp) -> PathBuf {
        self.folder
            .join(format!("{PREFIX}{}{SUFFIX}", name_of(before)))
    }
}

fn not_read(path: &Path, source: std::io::Error) -> ArchiveError {
    ArchiveError::NotRead {
        path: path.to_owned(),
        source,
    }
}

/// A time as a part of a file's name: `20261130T214603Z`.
fn name_of(time: Timestamp) -> String {
    let text = time.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    let digits: String = seconds
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    format!("{digits}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time() {
        let name = |text| name_of(Timestamp::parse(text).unwrap());
        assert_eq!(name("2026-11-30T21:46:03.123Z"), "20261130T214603Z");
        assert!(name("2026-09-30T00:00:00Z") < name("2026-11-01T00:00:00Z"));
    }

    #[test]
    fn one_run_works_in_a_folder_and_removes_what_a_killed_one_left() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder
            .path()
            .join(".events-before-2026Z.jsonl.unfinished-0a");
        let others = folder.path().join(".note.unfinished-0a");
        fs::write(&left, "half").unwrap();
        fs::write(&others, "").unwrap();
        let first = ArchiveFolder::take(folder.path()).unwrap();
        assert!(!left.exists() && others.exists());
        let second = ArchiveFolder::take(folder.path());
        let told = second.err().unwrap().to_string();
        assert!(told.contains("another run"), "{told}");
        drop(first);
        assert_eq!(
            ArchiveFolder::take(folder.path())
                .unwrap()
                .archives()
                .unwrap(),
            Vec::<PathBuf>::new()
        );
    }
}
