//! Writes an archive of events, line by line.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ats_pat_auth::ArchiveHasher;
use ats_pat_domain::event::Head;
use ats_pat_domain::{Event, Timestamp};
use serde::Serialize;

use super::ArchiveError;
use super::form::{Entry, FORMAT, Header, Link, Name, Tag, Trailer, VERSION};
use crate::ledger::follows;
use crate::ledger::rows::{Roots, hex};

/// A file in progress.
pub(crate) struct Writer<'a> {
    path: PathBuf,
    roots: &'a Roots,
    file: BufWriter<File>,
    hasher: ArchiveHasher,
    after: Head,
    last: Head,
    named: Option<(Name, Name)>,
    events: u64,
}

/// What a finished archive has.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) events: u64,
    pub(crate) first: Name,
    pub(crate) last: Name,
    pub(crate) end: Head,
}

impl<'a> Writer<'a> {
    /// Begins the new file `path` with the event after `after`.
    pub(crate) fn create(
        path: &Path,
        roots: &'a Roots,
        after: Head,
        now: Timestamp,
    ) -> Result<Self, ArchiveError> {
        let file = ats_pat_files::private().create_new(true).open(path);
        let file = file.map_err(|source| ArchiveError::not_written(path, source))?;
        let mut writer = Self {
            path: path.to_owned(),
            roots,
            file: BufWriter::with_capacity(1 << 20, file),
            hasher: roots.current().archive_hasher(),
            after,
            last: after,
            named: None,
            events: 0,
        };
        writer.line(&Header {
            format: FORMAT.to_owned(),
            version: VERSION,
            key_id: roots.current_id().0,
            made_at: now.to_string(),
            after: Link::to(after),
        })?;
        Ok(writer)
    }

    /// The last event that was written.
    pub(crate) fn last(&self) -> Head {
        self.last
    }

    /// Writes the next event.
    ///
    /// # Errors
    /// [`ArchiveError::Broken`] if it doesn't follow the last one.
    pub(crate) fn write(&mut self, event: &Event) -> Result<(), ArchiveError> {
        let broken = ArchiveError::Broken { seq: event.seq };
        if !follows(self.roots, &self.last, event) {
            return Err(broken);
        }
        let Some(entry) = Entry::of(event) else {
            return Err(broken);
        };
        self.line(&entry)?;
        let name = Name {
            seq: event.seq,
            id: event.id,
        };
        let first = self.named.map_or(name, |(first, _)| first);
        self.named = Some((first, name));
        self.last = event.head();
        self.events += 1;
        Ok(())
    }

    /// Ends the file. It is durable when this returns.
    ///
    /// # Errors
    /// [`ArchiveError::Nothing`] if no event was written.
    pub(crate) fn finish(mut self) -> Result<Written, ArchiveError> {
        let (first, last) = self.named.ok_or(ArchiveError::Nothing)?;
        let trailer = Trailer {
            events: self.events,
            first,
            last,
            after: Link::to(self.after),
            end: Link::to(self.last),
        };
        self.line(&trailer)?;
        let tag = self.hasher.finish();
        self.line(&Tag {
            tag: hex(tag.as_bytes()),
        })?;
        let synced = self.file.flush();
        let synced = synced.and_then(|()| self.file.get_ref().sync_all());
        synced.map_err(|source| ArchiveError::not_written(&self.path, source))?;
        Ok(Written {
            events: self.events,
            first,
            last,
            end: self.last,
        })
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), ArchiveError> {
        let written = serde_json::to_vec(line).map_err(io::Error::from);
        let written = written.and_then(|mut line| {
            line.push(b'\n');
            self.hasher.update(&line);
            self.file.write_all(&line)
        });
        written.map_err(|source| ArchiveError::not_written(&self.path, source))
    }
}
