//! Backups: an encrypted copy of the database in one file, and what restores it.
//!
//! A backup holds a SQLite database, whatever the deployment's database is. So every backup is
//! verified the same way: it is read back from the file, and its event log and rows are verified as
//! `audit verify` does.

mod copy;
mod error;
mod file;
mod make;
mod note;
mod restore;
mod target;
mod verify;
mod workspace;

pub use error::BackupError;
pub use file::BackupHead;
pub use make::back_up;
pub use note::note_backup;
pub(crate) use note::{BackupNote, last_backup};
pub use restore::{Restoration, RestoreOptions, Rights, restore};
pub use verify::{VerifiedBackup, verify_backup};
