//! The temporary folder of one run, and the removal of the folders of killed runs.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::account;
use crate::tools::hex;

const PREFIX: &str = "ats-pat-databases-";
const LOCK: &str = "run.lock";

/// A folder that only the servers' account may enter. It is removed when this value is dropped.
pub struct Folder {
    folder: TempDir,
    /// Locked as long as this program runs. A folder whose lock is free can be removed.
    _lock: File,
}

impl Folder {
    /// Makes a folder, after removing those of killed runs.
    pub fn create() -> Result<Self> {
        remove_abandoned(&std::env::temp_dir());
        let folder = TempDir::with_prefix(PREFIX).context("cannot make a temporary folder")?;
        // It is locked under another name first, so that a file with the final name is never
        // unlocked while its run lives.
        let unborn = folder.path().join("run.lock.new");
        let lock =
            File::create(&unborn).with_context(|| format!("cannot write {}", unborn.display()))?;
        lock.lock()?;
        std::fs::rename(&unborn, folder.path().join(LOCK))?;
        account::give(folder.path())?;
        Ok(Self {
            folder,
            _lock: lock,
        })
    }

    /// The path of a file in the folder.
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file that the servers may read.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        account::give(&path)?;
        Ok(path)
    }
}

fn remove_abandoned(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if ours && File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            // Another run may be removing it too, or the folder may belong to somebody else.
            // Neither matters.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A password for one run. The servers listen on the loopback address, where every account of the
/// machine can reach them, and an administrator of a database may run programs.
pub fn password() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?
        .read_exact(&mut bytes)
        .context("cannot read /dev/urandom")?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_outlives_the_sweep_of_another_run_but_not_its_own() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join(format!("{PREFIX}x"));
        std::fs::create_dir(&path).unwrap();
        let lock = File::create(path.join(LOCK)).unwrap();
        lock.lock().unwrap();
        remove_abandoned(parent.path());
        assert!(path.exists());
        drop(lock);
        remove_abandoned(parent.path());
        assert!(!path.exists());
    }

    #[test]
    fn passwords_differ_and_need_no_escaping() {
        let (one, two) = (password().unwrap(), password().unwrap());
        assert_ne!(one, two);
        assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
