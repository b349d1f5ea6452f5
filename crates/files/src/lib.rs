//! The owner and the permissions of the service's files.
//!
//! Invariants held here:
//!
//! - a new file belongs to its owner alone;
//! - root leaves no file behind that the user of the service can't open: a file that root makes
//!   gets the owner of its folder, and a file that root replaces keeps its owner and mode;
//! - a published file is whole and durable, and takes the place of no other file;
//! - a replaced file is whole and durable, and has the owner and mode of the one before.
//!
//! It deliberately does not know the content of a file. On a system without owners and modes,
//! everything is allowed.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(not(unix))]
mod other;
#[cfg(not(unix))]
use other as system;

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Options that make a file for its owner alone.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    system::set_private(&mut options);
    options
}

/// Gives a new file at `path` the owner and group of its folder, if this process runs as root.
/// Other users can't give files away, and don't need to.
///
/// # Errors
/// The error of the system.
pub fn give_to_owner_of_folder(file: &File, path: &Path) -> io::Result<()> {
    system::give(file, &folder_of(path).metadata()?)
}

/// Like [`give_to_owner_of_folder`], for a new folder.
///
/// # Errors
/// The error of the system.
pub fn give_folder_to_owner_of_folder(path: &Path) -> io::Result<()> {
    give_to_owner_of_folder(&File::open(path)?, path)
}

/// Gives a new file the owner, group and mode of the file at `path` that it replaces. If there is
/// no such file, it gets the owner and group of the folder.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] if that file belongs to another user and this process can't
/// give files to that user. Otherwise the error of the system.
pub fn succeed(new: &File, path: &Path) -> io::Result<()> {
    match path.metadata() {
        Ok(before) => system::succeed(new, &before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => give_to_owner_of_folder(new, path),
        Err(error) => Err(error),
    }
}

/// Whether a file at `path` belongs to root, to this user, or to the owner of its folder.
///
/// # Errors
/// The error of the system, for the folder.
pub fn is_ours(path: &Path, file: &Metadata) -> io::Result<bool> {
    Ok(system::is_ours(file, &folder_of(path).metadata()?))
}

/// The permission bits, if they let every user of the machine change a folder.
pub fn is_changeable_by_all(folder: &Metadata) -> Option<u32> {
    let mode = system::mode(folder)?;
    (mode & 0o002 != 0).then_some(mode)
}

/// The permission bits, if they give users who are neither owner nor in the group any right.
pub fn is_open_to_others(file: &Metadata) -> Option<u32> {
    let mode = system::mode(file)?;
    (mode & 0o007 != 0).then_some(mode)
}

/// Removes all rights of users who are neither owner nor in the group of a file. Returns the
/// earlier mode, if that changed something.
///
/// # Errors
/// The error of the system: only the owner and root may change a mode.
pub fn close_to_others(path: &Path) -> io::Result<Option<u32>> {
    match system::mode(&path.metadata()?) {
        Some(mode) if mode & 0o007 != 0 => {
            system::set_mode(path, mode & !0o007)?;
            Ok(Some(mode))
        }
        _ => Ok(None),
    }
}

/// Gives a finished file, which lies in the same file system, the name `path`. The name is durable
/// when this returns, and the content if it was synced before. A file with that name stays.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`]. Otherwise the error of the system.
pub fn publish(finished: &Path, path: &Path) -> io::Result<()> {
    give_to_owner_of_folder(&File::open(finished)?, path)?;
    match fs::hard_link(finished, path) {
        // If this fails, the file only has a second name.
        Ok(()) => drop(fs::remove_file(finished)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // Some file systems have no hard links.
        Err(_) if path.symlink_metadata().is_err() => fs::rename(finished, path)?,
        Err(error) => return Err(error),
    }
    sync_folder(folder_of(path))
}

/// Writes a file in the place of the one at `path`, or a new one for its owner alone. Readers find
/// either content whole. The name and the content are durable when this returns. If it fails, the
/// earlier file stays.
///
/// # Errors
/// As [`succeed`]. Otherwise the error of the system.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    // Several programs may write the same file at once, and each makes one of its own first.
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let new = path.with_extension(format!("new-{}-{number}", std::process::id()));
    let written = (|| {
        let mut file = private().create(true).truncate(true).open(&new)?;
        succeed(&file, path)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written?;
    sync_folder(folder_of(path))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// The error of the system.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// The folder of a path. For a bare file name, it is the current folder.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        replace(&path, b"one").unwrap();
        assert_eq!(is_open_to_others(&path.metadata().unwrap()), None);
        #[cfg(unix)]
        system::set_mode(&path, 0o640).unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        #[cfg(unix)]
        assert_eq!(system::mode(&path.metadata().unwrap()), Some(0o640));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_can_not_be_replaced_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("kept"), b"one").unwrap();
        assert!(replace(&path, b"two").is_err());
        assert_eq!(fs::read(path.join("kept")).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
