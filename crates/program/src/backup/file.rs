//! The format of a backup file: a head of fixed length, then the sealed chunks of its content.
//!
//! | Bytes | What |
//! |---|---|
//! | 16 | `ATS-PAT-BACKUP`, a line feed and a zero |
//! | 1 | the version of the format |
//! | 8 | the id of the master key |
//! | 32 | the salt, random |
//! | 2 | the length of the JSON that follows, big-endian |
//! | 933 | the JSON of [`BackupHead`], then zeros |
//! | 32 | the keyed hash of all before |
//! | the rest | chunks of 64 KiB and 16 bytes; the last one is shorter |
//!
//! The head is not secret, but nobody without the master key can write one.

use std::fs::File;
use std::io::{self, BufReader, Read, Write as _};
use std::path::Path;

use ats_pat_auth::{AuthError, BackupCipher, KeyedHash, MasterKeyId, MasterKeys};
use serde::{Deserialize, Serialize};

use super::error::{self, BackupError};

const MAGIC: &[u8; 16] = b"ATS-PAT-BACKUP\n\0";
const VERSION: u8 = 1;
const SALT: usize = 32;
const TAG: usize = 32;
const HEAD: usize = 1024;
const CHUNK: usize = 64 * 1024;

/// What a backup says about itself. Everybody who has the file can read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackupHead {
    /// The version of the program that made it.
    pub program: String,
    /// When, as RFC 3339.
    pub made_at: String,
    /// The kind of the database.
    pub database: String,
    /// The number of the last event.
    pub head_seq: i64,
    /// The id of the last event.
    pub head_id: String,
    /// The hash of the last event, as hexadecimal digits.
    pub head_hash: String,
}

/// Seals the file `content` into the new file `sealed`, which is durable when this returns.
pub(super) fn seal(
    content: &Path,
    sealed: &Path,
    head: &BackupHead,
    master: &MasterKeys,
    salt: [u8; SALT],
) -> Result<(), BackupError> {
    let not_read = |source| error::not_read(content, source);
    let not_written = |source| error::not_written(sealed, source);
    let cipher = master.cipher_of_new_backup(&salt);
    let head = head_bytes(head, master.first_id(), &salt, &cipher).map_err(not_written)?;
    let mut reader = File::open(content).map_err(not_read)?;
    let mut writer = ats_pat_files::private()
        .create_new(true)
        .open(sealed)
        .map_err(not_written)?;
    writer.write_all(&head).map_err(not_written)?;
    let mut chunk = vec![0; CHUNK];
    for number in 0_u64.. {
        let length = fill(&mut reader, &mut chunk).map_err(not_read)?;
        let is_last = length < CHUNK;
        let text = cipher.seal(number, is_last, &chunk[..length]);
        writer.write_all(&text).map_err(not_written)?;
        if is_last {
            break;
        }
    }
    writer.sync_all().map_err(not_written)
}

/// Opens the backup `sealed` into the new file `content`.
pub(super) fn open(
    sealed: &Path,
    content: &Path,
    master: &MasterKeys,
) -> Result<BackupHead, BackupError> {
    let altered = || BackupError::Altered {
        path: sealed.to_owned(),
    };
    let not_read = |source| error::not_read(sealed, source);
    let not_written = |source| error::not_written(content, source);
    let mut reader = BufReader::new(File::open(sealed).map_err(not_read)?);
    let mut head = [0; HEAD];
    let length = fill(&mut reader, &mut head).map_err(not_read)?;
    let (head, cipher) = open_head(sealed, &head[..length], master)?;
    let mut writer = ats_pat_files::private()
        .create_new(true)
        .open(content)
        .map_err(not_written)?;
    let mut chunk = vec![0; CHUNK + BackupCipher::OVERHEAD];
    for number in 0_u64.. {
        let length = fill(&mut reader, &mut chunk).map_err(not_read)?;
        let is_last = length < chunk.len();
        let text = cipher
            .open(number, is_last, &chunk[..length])
            .map_err(|_| altered())?;
        writer.write_all(&text).map_err(not_written)?;
        if is_last {
            break;
        }
    }
    Ok(head)
}

fn head_bytes(
    head: &BackupHead,
    key: MasterKeyId,
    salt: &[u8; SALT],
    cipher: &BackupCipher,
) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(head)?;
    let length = u16::try_from(json.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut bytes = Vec::with_capacity(HEAD);
    bytes.extend_from_slice(MAGIC);
    bytes.push(VERSION);
    bytes.extend_from_slice(key.as_bytes());
    bytes.extend_from_slice(salt);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&json);
    if bytes.len() > HEAD - TAG {
        return Err(io::ErrorKind::InvalidData.into());
    }
    bytes.resize(HEAD - TAG, 0);
    let tag = cipher.hash_head(&bytes);
    bytes.extend_from_slice(tag.as_bytes());
    Ok(bytes)
}

fn open_head(
    path: &Path,
    bytes: &[u8],
    master: &MasterKeys,
) -> Result<(BackupHead, BackupCipher), BackupError> {
    let altered = || BackupError::Altered {
        path: path.to_owned(),
    };
    let rest = bytes
        .strip_prefix(MAGIC.as_slice())
        .ok_or_else(|| BackupError::NoBackup {
            path: path.to_owned(),
        })?;
    let (version, rest) = rest.split_first().ok_or_else(altered)?;
    if *version != VERSION {
        return Err(BackupError::UnknownFormat {
            path: path.to_owned(),
            version: *version,
        });
    }
    let (key, rest) = rest.split_first_chunk().ok_or_else(altered)?;
    let (salt, rest) = rest.split_first_chunk().ok_or_else(altered)?;
    let (length, rest) = rest.split_first_chunk().ok_or_else(altered)?;
    if bytes.len() != HEAD {
        return Err(altered());
    }
    let cipher = master
        .cipher_of_backup(MasterKeyId::from_bytes(*key), salt)
        .map_err(|error| match error {
            AuthError::WrongMasterKey => BackupError::WrongMasterKey {
                path: path.to_owned(),
            },
            _ => altered(),
        })?;
    let (said, tag) = bytes.split_at(HEAD - TAG);
    let is_genuine = KeyedHash::from_slice(tag).is_ok_and(|tag| cipher.hash_head(said) == tag);
    if !is_genuine {
        return Err(altered());
    }
    let json = rest.get(..usize::from(u16::from_be_bytes(*length)));
    let head = json.and_then(|json| serde_json::from_slice(json).ok());
    Ok((head.ok_or_else(altered)?, cipher))
}

/// Reads until the buffer is full or the file ends.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: usize = HEAD + 2 * (CHUNK + BackupCipher::OVERHEAD) + 5 + BackupCipher::OVERHEAD;

    fn head() -> BackupHead {
        BackupHead {
            program: "1".to_owned(),
            made_at: "2026-11-30T14:00:00.000Z".to_owned(),
            database: "SQLite".to_owned(),
            head_seq: 7,
            head_id: "id".to_owned(),
            head_hash: "ab".to_owned(),
        }
    }

    fn master() -> MasterKeys {
        MasterKeys::new([1; 32], None)
    }

    fn content() -> Vec<u8> {
        let mut content = vec![b'a'; CHUNK];
        content.extend(vec![b'b'; CHUNK]);
        content.extend(b"end!!");
        content
    }

    fn sealed(folder: &Path) -> Vec<u8> {
        std::fs::write(folder.join("content"), content()).unwrap();
        let path = folder.join("sealed");
        seal(&folder.join("content"), &path, &head(), &master(), [3; 32]).unwrap();
        std::fs::read(path).unwrap()
    }

    fn opened(folder: &Path, bytes: &[u8]) -> Result<(BackupHead, Vec<u8>), BackupError> {
        let (from, to) = (folder.join("from"), folder.join("to"));
        std::fs::write(&from, bytes).unwrap();
        let head = open(&from, &to, &master());
        let content = std::fs::read(&to).unwrap_or_default();
        let _ = std::fs::remove_file(&to);
        head.map(|head| (head, content))
    }

    #[test]
    fn a_file_opens_as_it_was_sealed_whatever_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = sealed(folder.path());
        assert_eq!(bytes.len(), ALL);
        assert_eq!(opened(folder.path(), &bytes).unwrap(), (head(), content()));
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("content"), vec![7; length]).unwrap();
            let path = folder.path().join("sealed");
            let from = folder.path().join("content");
            seal(&from, &path, &head(), &master(), [3; 32]).unwrap();
            let bytes = std::fs::read(path).unwrap();
            assert_eq!(opened(folder.path(), &bytes).unwrap().1, vec![7; length]);
        }
    }

    #[test]
    fn no_byte_of_a_file_can_change() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = sealed(folder.path());
        let some = (0..HEAD).chain((HEAD..ALL).step_by(997)).chain([ALL - 1]);
        for place in some {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let refused = opened(folder.path(), &altered).unwrap_err();
            let is_told = match place {
                0..16 => matches!(refused, BackupError::NoBackup { .. }),
                16 => matches!(refused, BackupError::UnknownFormat { version: 0, .. }),
                17..25 => matches!(refused, BackupError::WrongMasterKey { .. }),
                _ => matches!(refused, BackupError::Altered { .. }),
            };
            assert!(is_told, "{place}: {refused}");
        }
    }

    #[test]
    fn no_file_can_be_cut_or_lengthened_and_no_chunk_moved() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = sealed(folder.path());
        let sealed_chunk = CHUNK + BackupCipher::OVERHEAD;
        let (second, third) = (HEAD + sealed_chunk, HEAD + 2 * sealed_chunk);
        let swapped = [
            &bytes[..HEAD],
            &bytes[second..third],
            &bytes[HEAD..second],
            &bytes[third..],
        ];
        let without_second = [&bytes[..second], &bytes[third..]];
        for altered in [
            bytes[..HEAD].to_vec(),
            bytes[..second].to_vec(),
            bytes[..third].to_vec(),
            bytes[..ALL - 1].to_vec(),
            bytes[..HEAD - 1].to_vec(),
            [&bytes[..], b"x"].concat(),
            swapped.concat(),
            without_second.concat(),
        ] {
            let refused = opened(folder.path(), &altered).unwrap_err();
            assert!(matches!(refused, BackupError::Altered { .. }), "{refused}");
        }
    }
}
