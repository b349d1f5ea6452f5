//! Checkpoints: what is known of the log up to one event. They are in the data folder and in the
//! database, so that a start need not read the log from its beginning.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ats_pat_domain::event::Head;

use super::known_log::{KnownLog, seal};
use super::{Currency, Unkept};
use crate::service::error::Error;

/// The number of events after which a new checkpoint is written to the data folder.
const FILE_EVERY: i64 = 50_000;
/// The number of events after which a new checkpoint is written to the database. An eighth of the
/// entries is added to it.
const DATABASE_EVERY: i64 = 250_000;
/// How many bytes are in one row, which every database accepts in one statement.
const PART: usize = 512 * 1024;

impl Currency {
    /// The checkpoints of this service, the newest first.
    pub(super) async fn checkpoints(&self) -> Result<Vec<KnownLog>, Error> {
        let keys = self.roots.first();
        let mut found = Vec::new();
        if let Some(file) = self.file.clone() {
            let read = tokio::task::spawn_blocking(move || fs::read(file)).await;
            match read.unwrap_or_else(|error| Err(io::Error::other(error))) {
                Ok(bytes) => {
                    let known = KnownLog::of_checkpoint(&bytes, keys);
                    if let Some(known) = &known {
                        self.kept.in_file.store(known.head().seq, Ordering::Relaxed);
                    } else {
                        tracing::warn!(
                            "the checkpoint in the data folder is not of this service, and not used"
                        );
                    }
                    found.extend(known);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(cause = %error, "the checkpoint in the data folder can't be read");
                }
            }
        }
        let newest = found.first().map_or(0, |known: &KnownLog| known.head().seq);
        if let Some(bytes) = self.store.checkpoint(newest).await? {
            let known = KnownLog::of_checkpoint(&bytes, keys);
            if let Some(known) = &known {
                self.kept
                    .in_database
                    .store(known.head().seq, Ordering::Relaxed);
            } else {
                tracing::error!(
                    "the checkpoint in the database is not of this service, and not used"
                );
            }
            found.extend(known);
        }
        found.sort_by_key(|known| std::cmp::Reverse(known.head().seq));
        Ok(found)
    }

    /// Writes checkpoints if the last ones are old. `at_end` also writes them if they are a little
    /// old.
    pub(crate) async fn keep(&self, at_end: bool) -> Result<(), Unkept> {
        let Some((seq, entries)) = self.size() else {
            return Ok(());
        };
        let since = |kept: &AtomicI64| seq - kept.load(Ordering::Relaxed);
        let file_is_due = since(&self.kept.in_file) >= if at_end { 1 } else { FILE_EVERY };
        let database_is_due = since(&self.kept.in_database) >= DATABASE_EVERY.max(entries / 8);
        if !file_is_due && !database_is_due {
            return Ok(());
        }
        let Some((seq, bytes)) = self.to_bytes() else {
            return Ok(());
        };
        let roots = Arc::clone(&self.roots);
        let file = self.file.clone().filter(|_| file_is_due);
        // Nobody else waits for the hash and the disk.
        let written = tokio::task::spawn_blocking(move || {
            let checkpoint = seal(bytes, roots.first());
            let written = file.map_or(Ok(()), |file| ats_pat_files::replace(&file, &checkpoint));
            (checkpoint, written)
        });
        let (checkpoint, written) = written
            .await
            .map_err(|error| Unkept::File(io::Error::other(error)))?;
        written.map_err(Unkept::File)?;
        if file_is_due {
            self.kept.in_file.store(seq, Ordering::Relaxed);
        }
        if database_is_due {
            let parts: Vec<&[u8]> = checkpoint.chunks(PART).collect();
            self.store.keep_checkpoint(seq, &parts).await?;
            self.kept.in_database.store(seq, Ordering::Relaxed);
        }
        Ok(())
    }

    /// What is known, for a removal of events, and the event up to which it is known. `None` if the
    /// log was not read.
    pub(crate) fn to_carry(&self) -> Option<(Head, Vec<u8>)> {
        let known = self.known.read();
        let known = known.as_ref()?;
        Some((known.head(), known.to_bytes()))
    }

    fn size(&self) -> Option<(i64, i64)> {
        let known = self.known.read();
        let known = known.as_ref()?;
        let entries = i64::try_from(known.entries()).unwrap_or(i64::MAX);
        Some((known.head().seq, entries))
    }

    fn to_bytes(&self) -> Option<(i64, Vec<u8>)> {
        let known = self.known.read();
        let known = known.as_ref()?;
        Some((known.head().seq, known.to_bytes()))
    }
}
