//! A file with a personal access token. The next token is written beside it before it is used.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use ats_pat_token::PersonalAccessToken;
use zeroize::Zeroizing;

use crate::error::Error;

/// The suffixes of the next token's file, of a file that is being written, and of the lock.
const NEXT: &str = ".next";
const UNFINISHED: &str = ".tmp";
const LOCK: &str = ".lock";

/// A file with one personal access token.
///
/// The next token is first written to `FILE.next`, and is on the disk before it is used. The file
/// gets the first name when the service has confirmed the token. So a program that is killed at any
/// moment loses neither token: the next run looks for `FILE.next` first. `FILE.lock` keeps two
/// programs on one machine from replacing the token at the same time.
#[derive(Clone, Debug)]
pub(crate) struct SecretFile {
    path: PathBuf,
}

/// The right to replace the token. It ends when it is dropped, and when the program ends.
pub(crate) struct Turn(#[expect(dead_code, reason = "its end is what it is for")] File);

impl SecretFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// The token in use.
    pub(crate) fn read(&self) -> Result<PersonalAccessToken, Error> {
        let found = read(&self.path).map_err(|cause| Error::file(&self.path, cause))?;
        found.ok_or_else(|| Error::file(&self.path, io::ErrorKind::NotFound.into()))
    }

    /// The next token, if an earlier run left one.
    pub(crate) fn next(&self) -> Result<Option<PersonalAccessToken>, Error> {
        let path = self.beside(NEXT);
        read(&path).map_err(|cause| Error::file(&path, cause))
    }

    /// The right to replace the token, unless another program has it.
    pub(crate) fn turn(&self) -> Result<Option<Turn>, Error> {
        let path = self.beside(LOCK);
        let failed = |cause| Error::file(&path, cause);
        let lock = private().create(true).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Turn(lock))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Writes the next token. It is on the disk when this returns.
    pub(crate) fn keep_next(&self, _: &Turn, next: &PersonalAccessToken) -> Result<(), Error> {
        let (path, unfinished) = (self.beside(NEXT), self.beside(UNFINISHED));
        let keep = || {
            let mut file = private().create(true).truncate(true).open(&unfinished)?;
            writeln!(file, "{}", next.expose())?;
            file.sync_all()?;
            fs::rename(&unfinished, &path)?;
            self.sync_folder()
        };
        keep().map_err(|cause| Error::file(&path, cause))
    }

    /// Replaces the token by the next one.
    pub(crate) fn take_next(&self, _: &Turn) -> Result<(), Error> {
        let take = || {
            fs::rename(self.beside(NEXT), &self.path)?;
            self.sync_folder()
        };
        take().map_err(|cause| Error::file(&self.path, cause))
    }

    /// Removes the next token, which is void.
    pub(crate) fn forget_next(&self, _: &Turn) -> Result<(), Error> {
        let path = self.beside(NEXT);
        fs::remove_file(&path).map_err(|cause| Error::file(&path, cause))
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(ending);
        path.into()
    }

    /// A new name is on the disk only when its folder is.
    fn sync_folder(&self) -> io::Result<()> {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            _ => File::open(".")?.sync_all(),
        }
    }
}

/// The token in a file; `None` if there is no file. A line end after it is removed.
fn read(path: &Path) -> io::Result<Option<PersonalAccessToken>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let token = PersonalAccessToken::parse(text.trim_end());
    token
        .map(Some)
        .map_err(|malformed| io::Error::new(io::ErrorKind::InvalidData, malformed))
}

/// Other users can't read a file that this creates.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "atspat_00000000000000000000000000000000000000000002CZclj";

    fn token() -> PersonalAccessToken {
        PersonalAccessToken::parse(FIRST).unwrap()
    }

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let id = std::process::id();
            let path = std::env::temp_dir().join(format!("ats-pat-client-{name}-{id}"));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self) -> SecretFile {
            SecretFile::new(self.0.join("token"))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn the_next_token_stands_beside_the_other_until_it_takes_its_place() {
        let folder = Folder::new("next");
        let file = folder.file();
        assert!(matches!(file.read(), Err(Error::File { .. })));
        let turn = file.turn().unwrap().unwrap();
        assert!(file.next().unwrap().is_none());
        file.keep_next(&turn, &token()).unwrap();
        assert!(file.read().is_err());
        assert_eq!(file.next().unwrap().unwrap().expose(), FIRST);
        file.take_next(&turn).unwrap();
        assert_eq!(file.read().unwrap().expose(), FIRST);
        assert!(file.next().unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_the_files() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = Folder::new("mode");
        let file = folder.file();
        let turn = file.turn().unwrap().unwrap();
        file.keep_next(&turn, &token()).unwrap();
        for ending in [NEXT, LOCK] {
            let mode = fs::metadata(file.beside(ending)).unwrap().permissions();
            assert_eq!(mode.mode() & 0o777, 0o600, "{ending}");
        }
    }

    #[test]
    fn one_program_has_the_turn_at_a_time() {
        let folder = Folder::new("turn");
        let file = folder.file();
        let turn = file.turn().unwrap();
        assert!(turn.is_some());
        assert!(file.turn().unwrap().is_none());
        drop(turn);
        assert!(file.turn().unwrap().is_some());
    }

    #[test]
    fn what_is_no_token_is_told_without_being_quoted() {
        let folder = Folder::new("bad");
        let file = folder.file();
        fs::write(&file.path, "atspat_guess\n").unwrap();
        let Err(error) = file.read() else {
            panic!("it was read");
        };
        let text = format!("{error} {error:?}");
        assert!(text.contains("token") && !text.contains("guess"), "{text}");
    }
}
