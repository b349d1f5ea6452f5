//! The private folder in which a backup is written, or read back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::error::{BackupError, not_written};

/// A folder for this program alone, with mode 0700. It is removed with all that is in it when this
/// is dropped. What a program that was killed left there is removed by the next one.
pub(super) struct Workspace {
    folder: PathBuf,
    /// Held for as long as the folder is in use.
    _lock: File,
}

impl Workspace {
    /// A folder named after `target`, in the folder `place`.
    pub(super) fn make(place: &Path, target: &Path) -> Result<Self, BackupError> {
        let mut name = std::ffi::OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(".unfinished");
        let folder = place.join(name);
        let failed = |source| not_written(&folder, source);
        match make_private(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(failed(error));
            }
            _ => {}
        }
        let mut options = ats_pat_files::private();
        let lock = options
            .create(true)
            .truncate(false)
            .open(folder.join("lock"))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(BackupError::InUse { folder }),
            Err(fs::TryLockError::Error(source)) => return Err(failed(source)),
        }
        let workspace = Self {
            folder,
            _lock: lock,
        };
        workspace
            .clear()
            .map_err(|source| not_written(&workspace.folder, source))?;
        Ok(workspace)
    }

    /// The path of a file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Removes what an earlier program left.
    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name() != Some("lock".as_ref()) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // If this fails, the next program removes it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    ats_pat_files::give_folder_to_owner_of_folder(path)
}
