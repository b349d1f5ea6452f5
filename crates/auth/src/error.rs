use std::io;
use std::path::PathBuf;

/// The errors of secrets and signatures: one variant for each thing that a caller can act on. No
/// message quotes a secret.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The master key file does not exist. On a new database, the first start may create it.
    #[error(
        "there is no master key file at {}: put back the file that this database was sealed with, \
         or point the setting `master-key-file` at it",
        path.display()
    )]
    MasterKeyFileMissing {
        /// The path of the missing file.
        path: PathBuf,
    },

    /// The path names a folder.
    #[error(
        "{} is a folder: the setting `master-key-file` must name the master key file in it",
        path.display()
    )]
    MasterKeyFileIsFolder {
        /// The path that was given.
        path: PathBuf,
    },

    /// The file cannot be read.
    #[error("cannot read the master key file {}: check its owner and permissions", path.display())]
    MasterKeyFileUnreadable {
        /// The path that was given.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },

    /// Users other than the owner may read or change the file.
    #[error(
        "the master key file {} is open to others (mode {mode:04o}): run `chmod 600` on it, or mount \
         the secret with mode 0400 (0440 where root owns it)",
        path.display()
    )]
    MasterKeyFileOpenToOthers {
        /// The path that was given.
        path: PathBuf,
        /// The permission bits found.
        mode: u32,
    },

    /// The file belongs to another user, who can read and change it.
    #[error(
        "the master key file {} belongs to another user: give it to the user of the service, and change the key if that \
         user should not know it",
        path.display()
    )]
    MasterKeyFileOfAnotherUser {
        /// The path that was given.
        path: PathBuf,
    },

    /// The file holds no key.
    #[error(
        "the master key file {} holds no key: put back its content from your backup; only if nothing \
         was ever sealed with it, delete it and start again",
        path.display()
    )]
    MasterKeyFileEmpty {
        /// The path that was given.
        path: PathBuf,
    },

    /// A line of the file is not a key.
    #[error(
        "line {line} of the master key file {} {reason}: a key is 32 random bytes as 43 characters of \
         base64url (A-Z a-z 0-9 - _) without padding",
        path.display()
    )]
    MasterKeyFileMalformed {
        /// The path that was given.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The fault, as the rest of a sentence.
        reason: &'static str,
    },

    /// The file holds more keys than are needed to change keys.
    #[error(
        "the master key file {} holds more than two keys: keep the new one on the first line and the \
         one it replaces on the second",
        path.display()
    )]
    MasterKeyFileTooManyKeys {
        /// The path that was given.
        path: PathBuf,
    },

    /// The output of the command that gives the master key is not one or two keys.
    #[error(
        "a line of the output of `master-key-command`, or all of it, {reason}: it must be one or two lines, \
         each 32 random bytes as 43 characters of base64url (A-Z a-z 0-9 - _) without padding"
    )]
    MasterKeyOutput {
        /// The fault, as the rest of a sentence.
        reason: &'static str,
    },

    /// There is already a master key file. It is never overwritten.
    #[error("there is a master key file at {} already; it is never overwritten", path.display())]
    MasterKeyFileExists {
        /// The path that was given.
        path: PathBuf,
    },

    /// The file could not be created or made durable.
    #[error("cannot create the master key file {}: check that its folder exists and can be written", path.display())]
    MasterKeyFileNotCreated {
        /// The path that was given.
        path: PathBuf,
        /// The answer of the operating system.
        #[source]
        source: io::Error,
    },

    /// No key of the master key file sealed this.
    #[error("sealed with another master key than those in the master key file")]
    WrongMasterKey,

    /// The sealed blob was altered, or it was sealed for another row.
    #[error("a sealed secret, or the row that it belongs to, was altered")]
    SealedAltered,

    /// A row was altered after its tag was made.
    #[error("a row was altered or planted: its tag does not match")]
    RowAltered,

    /// A stored tag, hash or blob has a format that this release doesn't know. A later release may
    /// have written it.
    #[error("unknown format version {version}: was it written by a later release?")]
    UnknownFormat {
        /// The version byte found.
        version: u8,
    },

    /// A stored tag or hash has the wrong length.
    #[error("a stored tag or hash of {found} bytes, not the {expected} of its format")]
    WrongLength {
        /// The length of the format, in bytes.
        expected: usize,
        /// The length found, in bytes.
        found: usize,
    },

    /// The opened signing key doesn't belong to its key id.
    #[error("the sealed signing key does not belong to its key id")]
    SigningKeyMismatch,

    /// A stored password hash is not an Argon2id hash, or its costs are not accepted.
    #[error("a stored password hash cannot be read: set the password anew")]
    PasswordHashUnreadable,

    /// A password could not be hashed, most likely because memory is short.
    #[error("the password could not be hashed")]
    PasswordHashFailed(#[source] argon2::password_hash::Error),

    /// Argon2 doesn't allow these costs of password hashing.
    #[error("these password hashing costs are not allowed")]
    PasswordCostInvalid(#[source] argon2::Error),

    /// The lifetime of authentication tokens is outside 60 to 3600 seconds.
    #[error("authentication tokens live 60 to 3600 seconds, not {seconds}")]
    LifetimeOutOfRange {
        /// The lifetime asked for, in seconds.
        seconds: u32,
    },

    /// The personal access token has less than one second left, so it counts as expired.
    #[error("less than a second of the personal access token's life is left")]
    TooLate,
}
