//! Owners and modes on Unix.

use std::fs::{File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown};
use std::path::Path;

use rustix::process::geteuid;

pub(crate) fn set_private(options: &mut OpenOptions) {
    options.mode(0o600);
}

pub(crate) fn give(file: &File, like: &Metadata) -> io::Result<()> {
    if geteuid().is_root() {
        fchown(file, Some(like.uid()), Some(like.gid()))?;
    }
    Ok(())
}

pub(crate) fn succeed(new: &File, before: &Metadata) -> io::Result<()> {
    give(new, before)?;
    if new.metadata()?.uid() != before.uid() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    new.set_permissions(Permissions::from_mode(before.mode() & 0o7777))
}

pub(crate) fn is_ours(file: &Metadata, folder: &Metadata) -> bool {
    let owner = file.uid();
    owner == 0 || owner == geteuid().as_raw() || owner == folder.uid()
}

#[expect(clippy::unnecessary_wraps, reason = "elsewhere there are no modes")]
pub(crate) fn mode(file: &Metadata) -> Option<u32> {
    Some(file.mode() & 0o7777)
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}
