//! Removing old events from the log.
//!
//! Archives have them, and the log keeps those that something still needs: the last event of each
//! row, so that every row can be compared with it; how the service was set up; and a few kinds that
//! later decisions look for. `docs/decisions/0086-remove-old-events-that-no-row-needs.md` has the
//! whole argument.

mod error;
mod removal;
mod selection;
mod standing;

use std::path::PathBuf;
use std::time::Duration;

use ats_pat_domain::PruningId;
use ats_pat_domain::event::{EventKind, Head};

use super::Operator;
use super::archive::ReadArchives;
use crate::change::{Change, Draft, Taken};
use crate::ledger::holds_event;
use crate::ledger::pruned::{Carried, KeptEvents, NewPruning, Pruned};
use crate::service::Service;
use crate::service::error::Error;

pub use error::PruneError;
use selection::select;

/// No younger event is removed. Lists of revoked places, sessions and the limits of notices look
/// back for hours at most.
const YOUNGEST: Duration = Duration::from_hours(24);
/// How many bytes are in one row, which every database accepts in one statement.
const PART: usize = 512 * 1024;

/// What a removal may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruning {
    /// Whether events are removed although `audit verify` finds something. Of what it finds, only
    /// rows that a change ended or replaced are still reported later.
    pub despite_findings: bool,
}

/// What a removal did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrunedEvents {
    /// The number of the last event of the part from which events were removed. It stays.
    pub through_seq: i64,
    /// How many events were removed now.
    pub removed: u64,
    /// How many events of that part stay, because something needs them.
    pub kept: u64,
}

impl Operator<'_> {
    /// Removes the events that these archives have, except those that something needs. The archives
    /// follow each other, begin where events were removed before or earlier, and end with an event
    /// of the log that is at least a day old. Verifies the log and all rows first. Goes on with a
    /// removal that was interrupted.
    ///
    /// # Errors
    /// [`PruneError`]. Then nothing was removed, unless an earlier removal was finished.
    pub async fn prune_events(
        &self,
        archives: &[PathBuf],
        wish: Pruning,
    ) -> Result<PrunedEvents, PruneError> {
        let service = self.service;
        let before = service.last_pruned().await?;
        let through = self.archived(archives, before.as_ref()).await?;
        let finished = match &before {
            Some(before) => service.finish_removal(before).await?,
            None => 0,
        };
        if let Some(before) = before.filter(|before| through.seq <= before.through.seq) {
            if finished == 0 {
                return Err(PruneError::Nothing {
                    seq: before.through.seq,
                });
            }
            return Ok(PrunedEvents {
                through_seq: before.through.seq,
                removed: finished,
                kept: before.kept,
            });
        }
        if !wish.despite_findings {
            let findings = self.verify_audit().await?.findings;
            if let Some(first) = findings.first() {
                return Err(PruneError::Findings {
                    count: findings.len(),
                    first: first.clone(),
                });
            }
        }
        let kept = select(service, through, before.as_ref()).await?;
        let pruned = self.record(through, kept, before).await?;
        let removed = service.finish_removal(&pruned).await?;
        Ok(PrunedEvents {
            through_seq: pruned.through.seq,
            removed: finished + removed,
            kept: pruned.kept,
        })
    }

    /// The last event of the archives, which must be in the log, and old.
    async fn archived(
        &self,
        archives: &[PathBuf],
        before: Option<&Pruned>,
    ) -> Result<Head, PruneError> {
        let service = self.service;
        let begin = before.map_or(0, |before| before.through.seq);
        let mut read = ReadArchives::read(archives, service.roots(), begin)?;
        if !read.findings.is_empty() {
            return Err(PruneError::Archives {
                finding: read.findings.swap_remove(0),
            });
        }
        let end = read.end.ok_or(PruneError::NoArchive)?;
        if end.seq <= begin {
            return Ok(end);
        }
        let store = service.store();
        if !holds_event(store, end).await? {
            return Err(PruneError::NotInTheLog { seq: end.seq });
        }
        let events = store.events().from(end.seq, 1).await?;
        let is_old = events
            .first()
            .is_some_and(|event| event.at <= service.now().before(YOUNGEST));
        if !is_old {
            return Err(PruneError::TooYoung { seq: end.seq });
        }
        Ok(end)
    }

    /// Stores what must be known, and writes the event that says so. From then on the log begins
    /// with it.
    async fn record(
        &self,
        through: Head,
        kept: KeptEvents,
        before: Option<Pruned>,
    ) -> Result<Pruned, PruneError> {
        let service = self.service;
        let store = service.store();
        let head = store.events().head().await?;
        service.currency().follow_to(head).await?;
        let known = service.currency().to_carry();
        let (_, known) = known.ok_or(Error::LogNotRead)?;
        let id = PruningId::new(service.now(), service.inner.changes.random()?);
        let (bytes, pruning) = Carried { known, kept }.seal(id, through, service.roots());
        let parts: Vec<&[u8]> = bytes.chunks(PART).collect();
        let record = Record {
            pruning,
            expected: before.map(|before| before.id()),
        };
        let recorded = async {
            store.keep_carried(id, &parts).await?;
            self.change(record).await
        };
        let failed = match recorded.await {
            Ok(true) => None,
            Ok(false) => Some(PruneError::Overtaken),
            // Whether the event is there is not known, so the bytes must stay.
            Err(error @ Error::Uncertain(_)) => return Err(error.into()),
            Err(error) => Some(error.into()),
        };
        if let Some(failed) = failed {
            let _ = store.forget_carried(id).await;
            return Err(failed);
        }
        store.forget_carried_but(id).await?;
        let pruned = service.last_pruned().await?;
        pruned
            .filter(|pruned| pruned.id() == id)
            .ok_or(PruneError::Overtaken)
    }
}

impl Service {
    /// The last removal of events.
    pub(crate) async fn last_pruned(&self) -> Result<Option<Pruned>, Error> {
        Pruned::last(self.store(), self.roots()).await
    }
}

/// Records a removal, if no other one was recorded meanwhile.
struct Record {
    pruning: NewPruning,
    /// The removal before.
    expected: Option<PruningId>,
}

impl Change for Record {
    /// Whether it was recorded.
    type Output = bool;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(bool, Taken), Error> {
        let last = Pruned::last(draft.read(), draft.roots()).await?;
        if last.map(|last| last.id()) != self.expected {
            return Ok((false, Taken::Nothing));
        }
        let entry = draft.entry(EventKind::EventsPruned, &self.pruning.through.seq);
        draft.record(self.pruning.tell(entry));
        Ok((true, Taken::Nothing))
    }
}
