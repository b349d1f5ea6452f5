//! Archives events in files, and compares archives with the log.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_domain::{EventId, Timestamp};

use super::Operator;
use crate::ledger::archive::{ArchiveError, Reader, Writer};
use crate::ledger::holds_event;
use crate::ledger::pruned::Pruned;
use crate::ledger::rows::{Roots, hex};
use crate::service::error::Error;

/// How many events are read at once.
const BATCH: u64 = 1000;

/// An event that is later than now by more is from a clock that was wrong. Its time says nothing,
/// or else nothing behind it would ever be archived.
const AHEAD: Duration = Duration::from_hours(24);

/// The part of the log that an archive gets.
#[derive(Clone, Debug, Default)]
pub struct ArchivedPart {
    /// The archive that the new one continues. Without it, the new one begins with event 1.
    pub after: Option<PathBuf>,
    /// It ends before the first event of this time or a later one. Without it, it ends with the
    /// last event.
    pub before: Option<Timestamp>,
}

/// A new archive, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// How many events it has.
    pub events: u64,
    /// The number of the first one.
    pub first_seq: i64,
    /// The number of the last one.
    pub last_seq: i64,
    /// The id of the last one.
    pub last_id: EventId,
    /// The chain hash of the last one, in hexadecimal.
    pub last_hash: String,
}

impl Operator<'_> {
    /// Writes a part of the event log into the new file `file`, and reads it back. The events stay
    /// in the log.
    ///
    /// # Errors
    /// [`ArchiveError`]. Then there is no file.
    pub async fn archive_events(
        &self,
        file: &Path,
        part: &ArchivedPart,
    ) -> Result<Archived, ArchiveError> {
        let exists = || ArchiveError::Exists {
            path: file.to_owned(),
        };
        if file.symlink_metadata().is_ok() {
            return Err(exists());
        }
        let after = self.end_of(part.after.as_deref()).await?;
        let roots = self.service.roots();
        let unfinished = Unfinished::beside(file, self.service.inner.changes.random()?);
        let mut writer = Writer::create(&unfinished.0, roots, after, self.service.now())?;
        self.write_events(&mut writer, part.before).await?;
        let written = writer.finish()?;
        let mut reader = Reader::open(&unfinished.0, roots)?;
        reader.read_to_end()?;
        ats_pat_files::publish(&unfinished.0, file).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => ArchiveError::not_written(file, error),
        })?;
        Ok(Archived {
            events: written.events,
            first_seq: written.first.seq,
            last_seq: written.last.seq,
            last_id: written.last.id,
            last_hash: hex(&written.end.hash),
        })
    }

    /// The archive that ends last, by its events, because names of files are easily changed. `None`
    /// if there are no archives. All are read as a whole, and must follow each other from the first
    /// of them on.
    ///
    /// # Errors
    /// [`ArchiveError::NotRead`], and [`ArchiveError::NotOneChain`] if an archive is missing, was
    /// altered, or is none.
    pub fn newest_archive(&self, archives: &[PathBuf]) -> Result<Option<PathBuf>, ArchiveError> {
        let mut read = ReadArchives::read(archives, self.service.roots(), i64::MAX)?;
        if !read.findings.is_empty() {
            return Err(ArchiveError::NotOneChain {
                finding: read.findings.swap_remove(0),
            });
        }
        Ok(read.newest)
    }

    /// The last event of an archive, which must be in the log. Without an archive, the beginning of
    /// the log.
    async fn end_of(&self, archive: Option<&Path>) -> Result<Head, ArchiveError> {
        let Some(path) = archive else {
            let pruned = Pruned::last(self.service.store(), self.service.roots()).await?;
            return match pruned {
                None => Ok(Head::EMPTY),
                Some(pruned) => Err(ArchiveError::Pruned {
                    seq: pruned.through.seq,
                }),
            };
        };
        let mut reader = Reader::open(path, self.service.roots())?;
        reader.read_to_end()?;
        let end = reader.last();
        let pruned = Pruned::last(self.service.store(), self.service.roots()).await?;
        if let Some(pruned) = pruned.filter(|pruned| pruned.covers(end.seq)) {
            return Err(ArchiveError::Pruned {
                seq: pruned.through.seq,
            });
        }
        let is_held = holds_event(self.service.store(), end).await;
        if is_held.map_err(Error::from)? {
            return Ok(end);
        }
        Err(ArchiveError::NotContinued {
            path: path.to_owned(),
            seq: end.seq,
        })
    }

    async fn write_events(
        &self,
        writer: &mut Writer<'_>,
        before: Option<Timestamp>,
    ) -> Result<(), ArchiveError> {
        let events = self.service.store().events();
        let end = events.head().await.map_err(Error::from)?;
        let ahead = self.service.now().after(AHEAD);
        let is_young = |at: Timestamp| before.is_some_and(|before| at >= before) && at <= ahead;
        while writer.last().seq < end.seq {
            let next = writer.last().seq + 1;
            let batch = events.from(next, BATCH).await.map_err(Error::from)?;
            if batch.is_empty() {
                return Err(ArchiveError::Broken { seq: next });
            }
            for event in batch.iter().filter(|event| event.seq <= end.seq) {
                if is_young(event.at) {
                    return Ok(());
                }
                writer.write(event)?;
            }
        }
        Ok(())
    }
}

/// A file without its name, removed when this is dropped.
struct Unfinished(PathBuf);

impl Unfinished {
    fn beside(file: &Path, random: [u8; 8]) -> Self {
        let mut name = std::ffi::OsString::from(".");
        name.push(file.file_name().unwrap_or_default());
        name.push(format!(".unfinished-{}", hex(&random)));
        Self(ats_pat_files::folder_of(file).join(name))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Archives that were read.
#[derive(Default)]
pub(super) struct ReadArchives {
    /// How many events they have.
    pub(super) events: u64,
    pub(super) findings: Vec<String>,
    /// Events that must be in the log.
    pub(super) joints: Vec<Joint>,
    /// The last event. `None` if no archive could be read.
    pub(super) end: Option<Head>,
    /// The archive with the last event.
    newest: Option<PathBuf>,
}

/// An event that an archive ends or begins with.
#[derive(Clone)]
pub(super) struct Joint {
    pub(super) head: Head,
    /// What it is, as a part of a sentence.
    pub(super) what: String,
}

impl ReadArchives {
    /// Reads archives of one log, in the order of their events. The first one must not begin later
    /// than after the event `begin`. A copy of one says nothing more.
    ///
    /// # Errors
    /// [`ArchiveError::NotRead`]. What else is wrong with a file is a finding.
    pub(super) fn read(paths: &[PathBuf], roots: &Roots, begin: i64) -> Result<Self, ArchiveError> {
        let mut all = Self::default();
        let mut readers = Vec::new();
        for path in paths {
            let opened = Reader::open(path, roots);
            readers.extend(all.unless_found(opened)?);
        }
        readers.sort_by_key(|reader| reader.after().seq);
        let mut before: Option<(PathBuf, Head)> = None;
        let mut ends = None;
        for mut reader in readers {
            let read = reader.read_to_end();
            if all.unless_found(read)?.is_none() {
                continue;
            }
            let (path, after) = (reader.path().to_owned(), reader.after());
            if ends.replace((after, reader.last())) == Some((after, reader.last())) {
                continue;
            }
            all.follow(&path, after, before.as_ref(), begin);
            all.events += reader.events();
            all.joints.push(Joint {
                head: reader.last(),
                what: format!("the last one of {}", path.display()),
            });
            all.end = Some(reader.last());
            all.newest = Some(path.clone());
            before = Some((path, reader.last()));
        }
        Ok(all)
    }

    /// An archive begins where the one before it ends.
    fn follow(&mut self, path: &Path, after: Head, before: Option<&(PathBuf, Head)>, begin: i64) {
        if after.seq > 0 {
            self.joints.push(Joint {
                head: after,
                what: format!("the one that {} begins after", path.display()),
            });
        }
        let first = after.seq.saturating_add(1);
        match before {
            Some((_, end)) if *end == after => {}
            Some((other, end)) => self.findings.push(format!(
                "{} begins with event {first}, and does not follow {}, which ends with event {}: name archives that follow each other",
                path.display(),
                other.display(),
                end.seq
            )),
            None if after.seq <= begin => {}
            None => self.findings.push(format!(
                "{} begins with event {first}: name the archives before it, too",
                path.display()
            )),
        }
    }

    /// Takes what is wrong with a file as a finding.
    fn unless_found<T>(
        &mut self,
        read: Result<T, ArchiveError>,
    ) -> Result<Option<T>, ArchiveError> {
        match read {
            Ok(read) => Ok(Some(read)),
            Err(
                error @ (ArchiveError::Altered { .. }
                | ArchiveError::NoArchive { .. }
                | ArchiveError::UnknownFormat { .. }),
            ) => {
                self.findings.push(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
