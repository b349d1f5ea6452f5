//! The data folder. It is made for its owner alone, and removed if the start fails before anything
//! is in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::start_error::StartError;

/// The folders that this start made, innermost first. They are removed when this is dropped, unless
/// they are [`kept`](Self::keep) or in use by then.
#[derive(Debug, Default)]
pub(crate) struct DataFolder {
    made: Vec<PathBuf>,
}

impl DataFolder {
    /// Makes the folder at `path` and the missing folders above it.
    pub(crate) fn make(path: &Path) -> Result<Self, StartError> {
        let missing: Vec<PathBuf> = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        let mut folder = Self::default();
        for missing in missing.iter().rev() {
            match make_private(missing) {
                Ok(()) => folder.made.insert(0, missing.clone()),
                // Another program made it first.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    return Err(StartError::DataFolderNotMade {
                        path: path.to_owned(),
                        source,
                    });
                }
            }
        }
        if !path.is_dir() {
            return Err(StartError::DataFolderIsAFile {
                path: path.to_owned(),
            });
        }
        check(path)?;
        Ok(folder)
    }

    /// The start succeeded, so the folder stays.
    pub(crate) fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        for folder in &self.made {
            // If something is in the folder, this fails, as it should.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Refuses a folder in which every user of the machine could replace the database, the master key
/// or the anchor. A group may have write access, because some orchestrators mount volumes that way.
pub(crate) fn check(path: &Path) -> Result<(), StartError> {
    let mode = path
        .metadata()
        .ok()
        .and_then(|folder| ats_pat_files::is_changeable_by_all(&folder));
    match mode {
        Some(mode) => Err(StartError::DataFolderOpenToOthers {
            path: path.to_owned(),
            mode,
        }),
        None => Ok(()),
    }
}

fn make_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    ats_pat_files::give_folder_to_owner_of_folder(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_fails_takes_back_what_it_made_and_nothing_else() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("a/b");
        drop(DataFolder::make(&path).unwrap());
        assert!(!outer.path().join("a").exists());
        assert!(outer.path().exists());

        let folder = DataFolder::make(&path).unwrap();
        fs::write(outer.path().join("a/other"), "").unwrap();
        drop(folder);
        assert!(!path.exists());
        assert!(outer.path().join("a/other").exists());

        fs::create_dir(&path).unwrap();
        drop(DataFolder::make(&path).unwrap());
        assert!(path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("data");
        DataFolder::make(&path).unwrap().keep();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
    }

    #[test]
    fn a_file_in_its_place_is_refused() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("data");
        fs::write(&path, "").unwrap();
        assert!(matches!(
            DataFolder::make(&path),
            Err(StartError::DataFolderIsAFile { .. })
        ));
        assert!(matches!(
            DataFolder::make(&path.join("in")),
            Err(StartError::DataFolderNotMade { .. })
        ));
    }
}
