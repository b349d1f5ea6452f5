//! The database that a restore replaces.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ats_pat_domain::event::Head;
use ats_pat_files::{folder_of, sync_folder};
use ats_pat_service::{Error, MasterKeySource, Service, Since};
use ats_pat_storage::{Database, ExclusiveLock, OpenOptions, sqlite_file, url_of_file};
use secrecy::ExposeSecret as _;

use super::copy::{last_event, open_copy, parts_over};
use super::error::{BackupError, not_written};
use crate::data_folder::DataFolder;
use crate::open::require_current;
use crate::settings::Settings;
use crate::start_error::StartError;

/// The database that a restore replaces. No server uses it as long as this value exists: the lock
/// of a SQLite file is held, and a server of databases had no other session.
pub(super) struct Target {
    place: Place,
    folder: Option<DataFolder>,
}

enum Place {
    File { path: PathBuf, _lock: ExclusiveLock },
    Server(Arc<Database>),
}

/// What is there now.
pub(super) enum Live {
    /// Nothing was ever stored.
    Empty,
    /// A service, with what its event log tells of the time since the backup.
    Service {
        seq: i64,
        since: Result<Since, &'static str>,
    },
    /// Something that can't be opened.
    Unreadable(Box<StartError>),
}

impl Target {
    pub(super) async fn open(settings: &Settings) -> Result<Self, BackupError> {
        let url = settings.database_url();
        let url = url.expose_secret();
        let Some(path) = sqlite_file(url) else {
            let options = OpenOptions {
                tls: settings.database_tls,
                ..OpenOptions::default()
            };
            let database = Database::open(url, options)
                .await
                .map_err(StartError::from)?;
            let sessions = database.other_sessions().await?;
            if sessions > 0 {
                database.close().await;
                return Err(BackupError::Used { sessions });
            }
            return Ok(Self {
                place: Place::Server(Arc::new(database)),
                folder: None,
            });
        };
        let folder = DataFolder::make(&settings.data_dir)?;
        let lock = ExclusiveLock::take(&path).map_err(StartError::from)?;
        Ok(Self {
            place: Place::File { path, _lock: lock },
            folder: Some(folder),
        })
    }

    /// Where there has to be room for the copy.
    pub(super) fn folder<'a>(&'a self, otherwise: &'a Path) -> &'a Path {
        match &self.place {
            Place::File { path, .. } => folder_of(path),
            Place::Server(_) => folder_of(otherwise),
        }
    }

    /// What is there now, compared with a backup that ends at `backup`.
    pub(super) async fn look(
        &self,
        settings: &Settings,
        public_url: &str,
        source: &MasterKeySource,
        backup: Head,
    ) -> Result<Live, BackupError> {
        match &self.place {
            Place::File { path, .. } => {
                if fs::metadata(path).map_or(0, |file| file.len()) == 0 {
                    return Ok(Live::Empty);
                }
                let options = OpenOptions::default();
                match Database::open(&url_of_file(path), options).await {
                    Ok(database) => {
                        let database = Arc::new(database);
                        let live = look_at(&database, settings, public_url, source, backup).await;
                        database.close().await;
                        live
                    }
                    Err(error) => Ok(Live::Unreadable(Box::new(error.into()))),
                }
            }
            Place::Server(database) => {
                let status = database.migration_status().await;
                if status.map_err(StartError::from)?.applied.is_empty() {
                    return Ok(Live::Empty);
                }
                look_at(database, settings, public_url, source, backup).await
            }
        }
    }

    /// Puts the database in the file `content` in the place of what is there, as a whole. Returns
    /// where the SQLite file of before is now.
    pub(super) async fn replace(mut self, content: &Path) -> Result<Option<PathBuf>, BackupError> {
        let aside = match &self.place {
            Place::File { path, .. } => {
                replace_file(path, content).map_err(|source| not_written(path, source))?
            }
            Place::Server(database) => {
                let replaced = async {
                    database.migrate().await.map_err(StartError::from)?;
                    let copy = open_copy(content).await?;
                    let replaced = database.replace_rows_by(&copy).await;
                    copy.close().await;
                    Ok::<_, BackupError>(replaced?)
                };
                let replaced = replaced.await;
                database.close().await;
                replaced?;
                None
            }
        };
        if let Some(folder) = self.folder.take() {
            folder.keep();
        }
        Ok(aside)
    }
}

async fn look_at(
    database: &Arc<Database>,
    settings: &Settings,
    public_url: &str,
    source: &MasterKeySource,
    backup: Head,
) -> Result<Live, BackupError> {
    if let Err(error) = require_current(database).await {
        return Ok(Live::Unreadable(Box::new(error)));
    }
    let (head, _) = last_event(database).await?;
    if head.seq == 0 {
        return Ok(Live::Empty);
    }
    let parts = parts_over(database, settings, public_url, source.clone(), None);
    let service = match Service::open_for_operators(parts).await {
        Ok(service) => service,
        Err(error) => return Ok(Live::Unreadable(Box::new(error.into()))),
    };
    let since = match service.since(backup).await {
        Ok(Some(since)) => Ok(since),
        Ok(None) => Err(
            "the database that was there has another event log, or its events since the backup were removed",
        ),
        Err(Error::Tampered { .. }) => Err("the event log that was there was altered"),
        Err(error) => return Err(error.into()),
    };
    Ok(Live::Service {
        seq: head.seq,
        since,
    })
}

/// Replaces a SQLite file atomically. The file of before and its side files get other names.
fn replace_file(path: &Path, content: &Path) -> io::Result<Option<PathBuf>> {
    let beside = |path: &Path, suffix: &str| {
        let mut name = OsString::from(path);
        name.push(suffix);
        PathBuf::from(name)
    };
    if beside(content, "-wal").exists() {
        // It would be lost. Closing the copy has moved it into the file.
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    let file = fs::File::open(content)?;
    ats_pat_files::succeed(&file, path)?;
    file.sync_all()?;
    let mut aside = None;
    if path.exists() {
        let before = beside(path, ".before-restore");
        for suffix in ["", "-wal", "-shm"] {
            remove_if_there(&beside(&before, suffix))?;
        }
        fs::hard_link(path, &before)?;
        // Left by a crash; SQLite would apply them to the restored file.
        for suffix in ["-wal", "-shm"] {
            let side = beside(path, suffix);
            if side.exists() {
                fs::rename(side, beside(&before, suffix))?;
            }
        }
        aside = Some(before);
    }
    fs::rename(content, path)?;
    sync_folder(folder_of(path))?;
    Ok(aside)
}

pub(super) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
