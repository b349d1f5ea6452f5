//! Restores a backup in the place of a database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ats_pat_domain::event::Head;
use ats_pat_files::{folder_of, sync_folder};
use ats_pat_service::{RestoreChoice, RestoreWish, Restored, Service, Since, last_seen};

use super::copy::{event_hash, open_copy, parts_over};
use super::error::{BackupError, not_read, not_written};
use super::target::{Live, Target, remove_if_there};
use super::verify::{VerifiedBackup, master_key, verify};
use super::workspace::Workspace;
use crate::settings::Settings;
use crate::start_error::StartError;

/// What becomes of the rights that were taken away since the backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rights {
    /// They are as in the backup.
    Keep,
    /// Every token is revoked and every session ended.
    RevokeAll,
    /// What was taken away stays away, as far as is known.
    RevokeSince,
}

/// How a backup is restored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoreOptions {
    /// A database that is not empty is replaced.
    pub replace: bool,
    /// What becomes of the rights. `None` is refused if the backup is not the latest that was seen.
    pub rights: Option<Rights>,
}

/// A backup that was restored.
#[derive(Clone, Debug)]
pub struct Restoration {
    /// What verifying the backup found.
    pub backup: VerifiedBackup,
    /// What was done to its copy before it took the place of the database.
    pub restored: Restored,
    /// What can't be known, as a sentence.
    pub unknown: Option<String>,
    /// Where the SQLite file of before is.
    pub aside: Option<PathBuf>,
}

/// Puts the content of the backup `file` in the place of the database, with what was taken away
/// since. The database is replaced as a whole or not at all, and last: if anything is refused, it
/// stays as it was.
///
/// # Errors
/// [`BackupError`].
pub async fn restore(
    settings: &Settings,
    public_url: &str,
    file: &Path,
    options: RestoreOptions,
) -> Result<Restoration, BackupError> {
    fs::File::open(file).map_err(|source| not_read(file, source))?;
    let source = master_key(settings)?;
    let target = Target::open(settings).await?;
    let workspace = Workspace::make(target.folder(file), file)?;
    let backup = verify(settings, public_url, &source, file, &workspace).await?;
    let head = Head {
        seq: backup.head.head_seq,
        hash: event_hash(&backup.head.head_hash).unwrap_or(Head::EMPTY.hash),
    };
    let anchor = settings.anchor_file();
    let seen = last_seen(&anchor).map_err(StartError::from)?;
    let live = target.look(settings, public_url, &source, head).await?;
    match live {
        Live::Service { seq, .. } if !options.replace => {
            return Err(BackupError::NotEmpty { events: seq });
        }
        Live::Unreadable(source) if !options.replace => {
            return Err(BackupError::NotOpened { source });
        }
        _ => {}
    }
    let plan = Plan::of(head.seq, seen, live, options.rights)?;
    let content = workspace.file("content.db");
    let own_anchor = workspace.file("anchor");
    if seen.is_some() {
        fs::copy(&anchor, &own_anchor).map_err(|source| not_read(&anchor, source))?;
    }
    let copy = open_copy(&content).await?;
    let parts = parts_over(
        &copy,
        settings,
        public_url,
        source,
        Some(own_anchor.clone()),
    );
    let restored = Service::restore(parts, &plan.wish, plan.last_seq).await;
    copy.close().await;
    let restored = restored.map_err(StartError::from)?;
    let aside = target.replace(&content).await?;
    // The database says itself that the restore was accepted, so a crash before this does no harm.
    if settings.data_dir.is_dir() {
        keep_anchor(&own_anchor, &anchor).map_err(|source| not_written(&anchor, source))?;
    }
    Ok(Restoration {
        backup,
        restored,
        unknown: plan.unknown,
        aside,
    })
}

/// What is done to the copy.
struct Plan {
    wish: RestoreWish,
    /// The last event of the database that was there.
    last_seq: i64,
    unknown: Option<String>,
}

impl Plan {
    /// `backup` is the last event of the backup, and `seen` the last one that the anchor knows.
    fn of(
        backup: i64,
        seen: Option<i64>,
        live: Live,
        rights: Option<Rights>,
    ) -> Result<Self, BackupError> {
        let (last_seq, since, was_there) = match live {
            Live::Empty => (0, Err("no database was there"), false),
            Live::Service { seq, since } => (seq, since, true),
            Live::Unreadable(_) => (0, Err("the database that was there can't be opened"), true),
        };
        let last = last_seq.max(seen.unwrap_or(0));
        let is_latest = last <= backup && (!was_there || since.is_ok());
        let known = match &since {
            Ok(since) => since.head_seq(),
            Err(_) => backup,
        };
        let wish = match rights {
            Some(Rights::Keep) => RestoreWish::Choice(RestoreChoice::Keep),
            Some(Rights::RevokeAll) => RestoreWish::Choice(RestoreChoice::RevokeAll),
            Some(Rights::RevokeSince) => RestoreWish::RevokeSince(match since {
                Ok(since) => since,
                Err(_) if is_latest => Since::default(),
                Err(reason) => return Err(BackupError::NothingKnown { reason }),
            }),
            None if is_latest => RestoreWish::Choice(RestoreChoice::Keep),
            None => return Err(BackupError::Undecided { backup, last }),
        };
        let unknown = if !was_there && seen.is_none() && rights != Some(Rights::RevokeAll) {
            Some(format!(
                "neither a database nor an anchor was here, so nothing tells what was revoked after event {backup}"
            ))
        } else if last > known && rights == Some(Rights::RevokeSince) {
            Some(format!(
                "nothing tells what the events {} to {last} took away: the anchor has seen them, but the database that was here lacked them",
                known + 1
            ))
        } else {
            None
        };
        Ok(Self {
            wish,
            last_seq,
            unknown,
        })
    }
}

/// Puts the anchor of the restored database in its place. The checkpoint beside it is of another
/// log.
fn keep_anchor(own: &Path, anchor: &Path) -> io::Result<()> {
    ats_pat_files::replace(anchor, &fs::read(own)?)?;
    remove_if_there(&anchor.with_file_name("checkpoint"))?;
    sync_folder(folder_of(anchor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(seq: i64) -> Live {
        Live::Service {
            seq,
            since: Ok(Since::default()),
        }
    }

    #[test]
    fn the_operator_decides_only_where_something_was_seen_since() {
        for (seen, live, is_decided) in [
            (None, Live::Empty, true),
            (Some(7), Live::Empty, true),
            (Some(8), Live::Empty, false),
            (Some(7), service(7), true),
            (Some(7), service(8), false),
            (
                Some(7),
                Live::Service {
                    seq: 7,
                    since: Err("other"),
                },
                false,
            ),
        ] {
            let plan = Plan::of(7, seen, live, None);
            assert_eq!(plan.is_ok(), is_decided, "{seen:?}");
        }
    }

    #[test]
    fn nothing_is_revoked_by_guessing() {
        let since = Some(Rights::RevokeSince);
        let lost = Plan::of(7, Some(9), Live::Empty, since);
        assert!(matches!(lost, Err(BackupError::NothingKnown { .. })));
        let plan = Plan::of(7, None, Live::Empty, since).unwrap();
        assert!(plan.unknown.unwrap().contains("after event 7"));
    }
}
