//! The copy of the database in a backup, opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ats_pat_domain::event::Head;
use ats_pat_domain::port::{Clock as _, Repositories as _, StoreError};
use ats_pat_service::{AuditReport, MasterKeySource, Parts, Service, SystemClock};
use ats_pat_storage::{Database, OpenOptions, url_of_file};

use super::error::BackupError;
use super::file::BackupHead;
use crate::VERSION;
use crate::open::parts;
use crate::settings::Settings;
use crate::start_error::StartError;

/// Opens the copy, and brings its schema up to date. Nobody else knows the file.
pub(super) async fn open_copy(path: &Path) -> Result<Arc<Database>, StartError> {
    let database = Database::open(&url_of_file(path), OpenOptions::default()).await?;
    database.migrate().await?;
    Ok(Arc::new(database))
}

/// The parts of a service over a copy, with an anchor of its own or none.
pub(super) fn parts_over(
    copy: &Arc<Database>,
    settings: &Settings,
    public_url: &str,
    master_key: MasterKeySource,
    anchor_file: Option<PathBuf>,
) -> Parts {
    Parts {
        anchor_file,
        ..parts(settings, public_url, Arc::clone(copy), true, master_key)
    }
}

/// What a backup with this copy says about itself.
pub(super) async fn head_of(content: &Path, kind: &str) -> Result<BackupHead, BackupError> {
    let copy = open_copy(content).await?;
    let head = last_event(&copy).await;
    copy.close().await;
    let (head, id) = head?;
    Ok(BackupHead {
        program: VERSION.to_owned(),
        made_at: SystemClock.now().to_string(),
        database: kind.to_owned(),
        head_seq: head.seq,
        head_id: id,
        head_hash: hex(&head.hash),
    })
}

/// Compares a copy with what its backup says, and looks for what is wrong in it.
pub(super) async fn examine(
    settings: &Settings,
    public_url: &str,
    master_key: MasterKeySource,
    file: &Path,
    content: &Path,
    head: &BackupHead,
) -> Result<AuditReport, BackupError> {
    let copy = open_copy(content).await?;
    let examined = async {
        let found = copy.check_integrity().await?;
        if !found.is_empty() {
            return Err(damaged(file, &found.join("; ")));
        }
        let (last, id) = last_event(&copy).await?;
        if (last.seq, &id, hex(&last.hash))
            != (head.head_seq, &head.head_id, head.head_hash.clone())
        {
            return Err(damaged(file, "it ends at another event than its head says"));
        }
        if last.seq == 0 {
            // Nothing was ever stored, and there are no keys to verify by.
            return Ok(AuditReport::default());
        }
        let parts = parts_over(&copy, settings, public_url, master_key, None);
        let service = Service::open_for_operators(parts).await;
        let service = service.map_err(StartError::from)?;
        Ok(service.operator().verify_audit().await?)
    };
    let examined = examined.await;
    copy.close().await;
    examined
}

/// The end of the log, and the id of its last event; an empty id if there is none.
pub(super) async fn last_event(database: &Database) -> Result<(Head, String), BackupError> {
    let events = database.events();
    let read = async {
        let head = events.head().await?;
        let last = events.from(head.seq, 1).await?;
        Ok::<_, StoreError>((
            head,
            last.first()
                .map_or_else(String::new, |last| last.id.to_string()),
        ))
    };
    read.await
        .map_err(|error| BackupError::Service(ats_pat_service::Error::Store(error)))
}

fn damaged(file: &Path, found: &str) -> BackupError {
    BackupError::Damaged {
        path: file.to_owned(),
        found: found.to_owned(),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads what [`hex`] wrote of an event's hash.
pub(super) fn event_hash(digits: &str) -> Option<[u8; 33]> {
    let mut hash = [0; 33];
    if digits.len() != 2 * hash.len() || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}
