//! Reads an archive, and proves that this service wrote it.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use ats_pat_auth::{ArchiveHasher, KeyedHash};
use ats_pat_domain::Event;
use ats_pat_domain::event::Head;
use ats_pat_domain::tagged::KeyId;
use serde::Deserialize;

use super::ArchiveError;
use super::form::{Entry, FORMAT, Header, Link, Tag, Trailer, VERSION};
use crate::ledger::follows;
use crate::ledger::rows::{Roots, of_hex};

/// No line is longer. The details of an event fit into a statement, and are escaped here.
const LONGEST: u64 = 64 * 1024 * 1024;
const TRAILER: &[u8] = br#"{"Events":"#;

/// A file that is being read. What it gives is proven once [`next`](Self::next) has given `None`.
pub(crate) struct Reader<'a> {
    path: PathBuf,
    roots: &'a Roots,
    file: BufReader<File>,
    hasher: ArchiveHasher,
    line: Vec<u8>,
    after: Head,
    last: Head,
    events: u64,
}

impl<'a> Reader<'a> {
    /// Opens the file, and reads its first line.
    pub(crate) fn open(path: &Path, roots: &'a Roots) -> Result<Self, ArchiveError> {
        let not_read = |source| ArchiveError::not_read(path, source);
        let path = path.to_owned();
        let mut file = BufReader::with_capacity(1 << 20, File::open(&path).map_err(not_read)?);
        let mut line = Vec::new();
        let read = (&mut file).take(4096).read_until(b'\n', &mut line);
        read.map_err(not_read)?;
        let header: Option<Format<'_>> = serde_json::from_slice(&line).ok();
        match header {
            Some(Format {
                format: FORMAT,
                version: VERSION,
            }) => {}
            Some(Format {
                format: FORMAT,
                version,
            }) => {
                return Err(ArchiveError::UnknownFormat { path, version });
            }
            _ => return Err(ArchiveError::NoArchive { path }),
        }
        let header: Option<Header> = serde_json::from_slice(&line).ok();
        let keys = header.as_ref().and_then(|it| roots.by_id(KeyId(it.key_id)));
        let after = header.as_ref().and_then(|header| header.after.head());
        let (Some(keys), Some(after)) = (keys, after) else {
            return Err(ArchiveError::Altered { path });
        };
        let mut hasher = keys.archive_hasher();
        hasher.update(&line);
        Ok(Self {
            path,
            roots,
            file,
            hasher,
            line,
            after,
            last: after,
            events: 0,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The event before the first one.
    pub(crate) fn after(&self) -> Head {
        self.after
    }

    /// The last event that was read.
    pub(crate) fn last(&self) -> Head {
        self.last
    }

    /// How many events were read.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The next event, which follows the last one. `None` after the last event of an archive that
    /// is whole and genuine.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, ArchiveError> {
        self.read_line()?;
        if self.line.starts_with(TRAILER) {
            self.end()?;
            return Ok(None);
        }
        self.hasher.update(&self.line);
        let entry: Option<Entry<'_>> = serde_json::from_slice(&self.line).ok();
        let event = entry.and_then(Entry::event);
        let event = event.filter(|event| follows(self.roots, &self.last, event));
        let event = event.ok_or_else(|| self.altered())?;
        self.last = event.head();
        self.events += 1;
        Ok(Some(event))
    }

    /// Reads all events that are left, and the end of the archive.
    pub(crate) fn read_to_end(&mut self) -> Result<(), ArchiveError> {
        while self.next()?.is_some() {}
        Ok(())
    }

    fn end(&mut self) -> Result<(), ArchiveError> {
        self.hasher.update(&self.line);
        let trailer: Option<Trailer> = serde_json::from_slice(&self.line).ok();
        let says = |link: &Link, head| link.head() == Some(head);
        let is_of_these = trailer.is_some_and(|trailer| {
            trailer.events == self.events
                && says(&trailer.after, self.after)
                && says(&trailer.end, self.last)
        });
        self.read_line()?;
        let tag: Option<Tag> = serde_json::from_slice(&self.line).ok();
        let tag = tag.and_then(|tag| of_hex(&tag.tag));
        let is_genuine = tag.is_some_and(|tag| self.hasher.finish() == KeyedHash::from_bytes(tag));
        let rest = self.file.fill_buf();
        let rest = rest.map_err(|source| ArchiveError::not_read(&self.path, source))?;
        if is_of_these && is_genuine && rest.is_empty() {
            Ok(())
        } else {
            Err(self.altered())
        }
    }

    fn read_line(&mut self) -> Result<(), ArchiveError> {
        self.line.clear();
        let read = (&mut self.file)
            .take(LONGEST)
            .read_until(b'\n', &mut self.line);
        read.map_err(|source| ArchiveError::not_read(&self.path, source))?;
        if self.line.ends_with(b"\n") {
            Ok(())
        } else {
            Err(self.altered())
        }
    }

    fn altered(&self) -> ArchiveError {
        ArchiveError::Altered {
            path: self.path.clone(),
        }
    }
}

/// What every release writes at the beginning.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Format<'a> {
    format: &'a str,
    version: u32,
}
