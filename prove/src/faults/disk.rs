//! A small file system in memory, which can be filled to the last byte.

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const BALLAST: &str = "ballast";
/// The size of the first writes. The last ones are smaller.
const LARGE: usize = 64 * 1024;

/// A mounted disk. It is unmounted when this is dropped.
pub struct Disk {
    place: PathBuf,
}

impl Disk {
    /// Makes `place` and mounts a disk of this many MiB there. Only root may do this. In a private
    /// mount namespace, nothing is left behind even if this program is killed.
    pub fn mount(place: &Path, mebibytes: u32) -> Result<Self> {
        fs::create_dir_all(place)?;
        let status = Command::new("mount")
            .args(["-t", "tmpfs", "-o"])
            .arg(format!("size={mebibytes}m,mode=0755"))
            .arg("ats-pat-prove")
            .arg(place)
            .status()
            .context("cannot start mount")?;
        if !status.success() {
            bail!("cannot mount a file system in memory: run this as root");
        }
        Ok(Self {
            place: place.to_owned(),
        })
    }

    /// The path of its folder.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Uses up all free space, to the last byte. It can be called again after something was freed.
    pub fn fill(&self) -> Result<()> {
        let path = self.place.join(BALLAST);
        let mut ballast = File::options().create(true).append(true).open(&path)?;
        ballast.set_permissions(Permissions::from_mode(0o600))?;
        let bytes = vec![0x5a; LARGE];
        let mut size = LARGE;
        while size > 0 {
            match ballast.write(&bytes[..size]) {
                Ok(written) if written == size => {}
                Ok(_) => size /= 2,
                Err(error) if error.kind() == ErrorKind::StorageFull => size /= 2,
                Err(error) => return Err(error).context("cannot fill the file system"),
            }
        }
        Ok(())
    }

    /// Frees the space again.
    pub fn free(&self) -> Result<()> {
        match fs::remove_file(self.place.join(BALLAST)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily, so that a program that is still ending can't keep it.
        let _ = Command::new("umount")
            .arg("--lazy")
            .arg(&self.place)
            .status();
    }
}
