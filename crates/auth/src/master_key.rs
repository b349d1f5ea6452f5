use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use ats_pat_files::{folder_of, sync_folder};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretBox};
use zeroize::{Zeroize as _, Zeroizing};

use crate::AuthError;

const LENGTH: usize = 32;

/// Far more than two keys and a few comments need. A longer file is not a master key file.
const LONGEST_FILE: u16 = 16 * 1024;

// These contexts never change. With another one, nothing that was sealed before could be opened.
const SEALING: &str = "ATS PAT 2026-11 master key sealing v1";
const ID: &str = "ATS PAT 2026-11 master key id v1";
const BACKUP: &str = "ATS PAT 2026-11 master key backup v1";

const HEADER: &str = "\
# Master key of the ATS Personal Access Token service.
# It opens what the database keeps sealed: keep a copy of it, apart from the copies of the database.
# To change it, put the new key (32 random bytes, base64url) on a line above this one's.
";

/// The keys of the master key file. The first key seals, and both open.
///
/// The file holds one or two lines, each 32 random bytes as base64url without padding. Blank lines
/// and lines that begin with `#` don't count.
pub struct MasterKeys {
    pub(crate) first: MasterKey,
    pub(crate) second: Option<MasterKey>,
}

/// Tells which master key sealed a blob. It is derived from the key, and tells nothing else about
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MasterKeyId([u8; Self::LENGTH]);

pub(crate) struct MasterKey {
    pub(crate) id: MasterKeyId,
    sealing: SecretBox<[u8; LENGTH]>,
    backup: SecretBox<[u8; LENGTH]>,
}

impl MasterKeys {
    /// Keys that don't come from a file: the one that seals, and the one that it replaces.
    pub fn new(first: [u8; LENGTH], second: Option<[u8; LENGTH]>) -> Self {
        Self {
            first: MasterKey::new(first),
            second: second.map(MasterKey::new),
        }
    }

    /// Reads the master key file.
    ///
    /// On Unix, a file that others may read or change is refused. Its group may read it only if
    /// root owns it, as when an orchestrator mounts a secret. A file is also refused if it belongs
    /// neither to root, nor to this user, nor to the owner of its folder. Each error names the file
    /// and says what to do.
    pub fn read(path: &Path) -> Result<Self, AuthError> {
        let unreadable = |source| AuthError::MasterKeyFileUnreadable {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => AuthError::MasterKeyFileMissing {
                path: path.to_owned(),
            },
            io::ErrorKind::IsADirectory => AuthError::MasterKeyFileIsFolder {
                path: path.to_owned(),
            },
            _ => unreadable(source),
        })?;
        // The metadata of the open file, not of the path, so that the file that is checked is the
        // one that is read.
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(AuthError::MasterKeyFileIsFolder {
                path: path.to_owned(),
            });
        }
        refuse_if_open_to_others(path, &metadata)?;
        if !ats_pat_files::is_ours(path, &metadata).map_err(unreadable)? {
            return Err(AuthError::MasterKeyFileOfAnotherUser {
                path: path.to_owned(),
            });
        }
        // The buffer never has to grow, so no copy is left behind.
        let mut content = Zeroizing::new(Vec::with_capacity(usize::from(LONGEST_FILE) + 1));
        (&mut file)
            .take(u64::from(LONGEST_FILE) + 1)
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        if content.len() > LONGEST_FILE.into() {
            return Err(unreadable(io::ErrorKind::FileTooLarge.into()));
        }
        Self::parse(path, &content)
    }

    /// Creates the master key file from 32 random bytes, readable by its owner only. The file is
    /// durable when this returns, so that what is sealed with the key can be opened after a power
    /// loss. An existing file is never overwritten: [`AuthError::MasterKeyFileExists`].
    pub fn create(path: &Path, mut random: [u8; LENGTH]) -> Result<Self, AuthError> {
        let not_created = |source: io::Error| AuthError::MasterKeyFileNotCreated {
            path: path.to_owned(),
            source,
        };
        if path.symlink_metadata().is_ok() {
            return Err(AuthError::MasterKeyFileExists {
                path: path.to_owned(),
            });
        }
        // The file is written whole under another name and then linked to its own, so that neither
        // a crash nor another program that starts can see half a file. The other name is derived
        // from the key, so two programs don't share it.
        let own = blake3::derive_key(ID, &random);
        let new = path.with_extension(format!("new-{:02x}{:02x}{:02x}", own[31], own[30], own[29]));
        let encoded = Zeroizing::new(URL_SAFE_NO_PAD.encode(random));
        let linked = write_durably(&new, encoded.as_bytes())
            .and_then(|()| std::fs::hard_link(&new, path))
            .and_then(|()| sync_folder(folder_of(path)));
        let _ = std::fs::remove_file(&new);
        linked.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => AuthError::MasterKeyFileExists {
                path: path.to_owned(),
            },
            _ => not_created(source),
        })?;
        let keys = Self::new(random, None);
        random.zeroize();
        Ok(keys)
    }

    /// Reads what a command wrote instead of a file: the same lines.
    ///
    /// # Errors
    /// [`AuthError::MasterKeyOutput`].
    pub fn from_output(output: &[u8]) -> Result<Self, AuthError> {
        Self::parse(Path::new(""), output).map_err(|error| AuthError::MasterKeyOutput {
            reason: match error {
                AuthError::MasterKeyFileEmpty { .. } => "holds no key",
                AuthError::MasterKeyFileTooManyKeys { .. } => "holds more than two keys",
                AuthError::MasterKeyFileMalformed { reason, .. } => reason,
                _ => "can't be read",
            },
        })
    }

    /// The id of the key that seals.
    pub fn first_id(&self) -> MasterKeyId {
        self.first.id
    }

    fn parse(path: &Path, content: &[u8]) -> Result<Self, AuthError> {
        let mut found: [Option<MasterKey>; 2] = [None, None];
        for (index, line) in content.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.is_empty() || line.starts_with(b"#") {
                continue;
            }
            let malformed = |reason| AuthError::MasterKeyFileMalformed {
                path: path.to_owned(),
                line: index + 1,
                reason,
            };
            let key = MasterKey::parse(line).map_err(malformed)?;
            match &mut found {
                [first @ None, _] => *first = Some(key),
                [Some(first), _] if first.id == key.id => {
                    return Err(malformed("repeats the first key"));
                }
                [_, second @ None] => *second = Some(key),
                _ => {
                    return Err(AuthError::MasterKeyFileTooManyKeys {
                        path: path.to_owned(),
                    });
                }
            }
        }
        let [first, second] = found;
        Ok(Self {
            first: first.ok_or_else(|| AuthError::MasterKeyFileEmpty {
                path: path.to_owned(),
            })?,
            second,
        })
    }
}

impl MasterKeyId {
    /// The length in bytes.
    pub const LENGTH: usize = 8;

    /// The id in these bytes.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes, which are no secret.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl MasterKey {
    fn new(mut bytes: [u8; LENGTH]) -> Self {
        let mut id = [0; MasterKeyId::LENGTH];
        id.copy_from_slice(&blake3::derive_key(ID, &bytes)[..MasterKeyId::LENGTH]);
        let sealing = SecretBox::init_with_mut(|sealing: &mut [u8; LENGTH]| {
            *sealing = blake3::derive_key(SEALING, &bytes);
        });
        let backup = SecretBox::init_with_mut(|backup: &mut [u8; LENGTH]| {
            *backup = blake3::derive_key(BACKUP, &bytes);
        });
        bytes.zeroize();
        Self {
            id: MasterKeyId(id),
            sealing,
            backup,
        }
    }

    fn parse(line: &[u8]) -> Result<Self, &'static str> {
        if line.len() != 43 {
            return Err("has not 43 characters");
        }
        let mut bytes = Zeroizing::new([0; LENGTH]);
        match URL_SAFE_NO_PAD.decode_slice(line, bytes.as_mut_slice()) {
            Ok(LENGTH) => Ok(Self::new(*bytes)),
            _ => Err("is not base64url"),
        }
    }

    pub(crate) fn sealing_key(&self) -> &[u8; LENGTH] {
        self.sealing.expose_secret()
    }

    pub(crate) fn backup_key(&self) -> &[u8; LENGTH] {
        self.backup.expose_secret()
    }
}

fn write_durably(path: &Path, encoded: &[u8]) -> io::Result<()> {
    let mut file = ats_pat_files::private()
        .create(true)
        .truncate(true)
        .open(path)?;
    ats_pat_files::give_to_owner_of_folder(&file, path)?;
    file.write_all(HEADER.as_bytes())?;
    file.write_all(encoded)?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(unix)]
fn refuse_if_open_to_others(path: &Path, metadata: &std::fs::Metadata) -> Result<(), AuthError> {
    use std::os::unix::fs::MetadataExt as _;

    let mode = metadata.mode() & 0o7777;
    let refused = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if mode & refused == 0 {
        Ok(())
    } else {
        Err(AuthError::MasterKeyFileOpenToOthers {
            path: path.to_owned(),
            mode,
        })
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can refuse")]
fn refuse_if_open_to_others(_: &Path, _: &std::fs::Metadata) -> Result<(), AuthError> {
    Ok(())
}

#[cfg(test)]
mod tests;
