//! Whose the service's files are, and who may read them.
//!
//! Invariants held here:
//!
//! - a file that is made is its owner's alone;
//! - root leaves no file behind that the user of the service can't open: what root makes gets the owner of its folder, and
//!   what root replaces keeps owner and mode.
//!
//! It deliberately does not know what is in a file. Where the system has no owners and modes, everything is allowed.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(not(unix))]
mod other;
#[cfg(not(unix))]
use other as system;

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// Options by which a file is made for its owner alone.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    system::set_private(&mut options);
    options
}

/// Gives a file that was just made at `path` the owner and group of its folder, if this process is root's. Others can't
/// give files away, and need not.
///
/// # Errors
/// What the system says.
pub fn give_to_owner_of_folder(file: &File, path: &Path) -> io::Result<()> {
    system::give(file, &folder_of(path).metadata()?)
}

/// As [`give_to_owner_of_folder`], of a folder that was just made.
///
/// # Errors
/// What the system says.
pub fn give_folder_to_owner_of_folder(path: &Path) -> io::Result<()> {
    give_to_owner_of_folder(&File::open(path)?, path)
}

/// Gives a new file owner, group and mode of the one at `path` that it is to replace, or the owner and group of the folder
/// where there is none yet.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] if that file is another user's, whom this process can't give a file. Else what the
/// system says.
pub fn succeed(new: &File, path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(before) => system::succeed(new, &before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => give_to_owner_of_folder(new, path),
        Err(error) => Err(error),
    }
}

/// Whether a file at `path` is root's, this user's, or the one's whose folder it lies in.
///
/// # Errors
/// What the system says of the folder.
pub fn is_ours(path: &Path, file: &Metadata) -> io::Result<bool> {
    Ok(system::is_ours(file, &folder_of(path).metadata()?))
}

/// The permission bits, if some let every user of the machine change a folder.
pub fn is_changeable_by_all(folder: &Metadata) -> Option<u32> {
    let mode = system::mode(folder)?;
    (mode & 0o002 != 0).then_some(mode)
}

/// Takes everything from those who are neither owner nor group of a file; gives its mode before, where that changed
/// something.
///
/// # Errors
/// What the system says: only the owner and root may change a mode.
pub fn close_to_others(path: &Path) -> io::Result<Option<u32>> {
    match system::mode(&path.metadata()?) {
        Some(mode) if mode & 0o007 != 0 => {
            system::set_mode(path, mode & !0o007)?;
            Ok(Some(mode))
        }
        _ => Ok(None),
    }
}

/// The folder of a path; that of a bare file name is where the process is.
fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
