//! Reading the log: from where to begin, and event by event.

use std::sync::atomic::Ordering;

use ats_pat_domain::Event;
use ats_pat_domain::event::{EventKind, Head};

use super::known_log::KnownLog;
use super::{BATCH, Currency};
use crate::ledger::pruned::Pruned;
use crate::ledger::{self, Details, behind, follows, follows_its_predecessor, holds_event};
use crate::service::error::Error;

impl Currency {
    /// Where to start reading: at the newest checkpoint of this log, else where the last removal of
    /// events or the last upgrade says, else at the first event.
    pub(super) async fn beginning(&self) -> Result<KnownLog, Error> {
        let pruned = Pruned::last(self.store.vital(), &self.roots).await?;
        for known in self.checkpoints().await? {
            if pruned.is_some_and(|pruned| pruned.covers(known.head().seq)) {
                tracing::info!(
                    seq = known.head().seq,
                    "a checkpoint is from before events were removed, and not used"
                );
                continue;
            }
            if known.head().seq == 0 || holds_event(&*self.store, known.head()).await? {
                return Ok(known);
            }
            tracing::info!(
                seq = known.head().seq,
                "a checkpoint is of another event log, and not used"
            );
        }
        if let Some(pruned) = pruned {
            return self.carried(pruned).await;
        }
        let kind = EventKind::DatabaseUpgraded.as_str();
        match self.store.vital().events().last_of_kind(kind).await? {
            Some(upgrade)
                if follows_its_predecessor(&*self.store, &self.roots, &upgrade).await? =>
            {
                Ok(KnownLog::after_upgrade(&upgrade))
            }
            Some(upgrade) => Err(Error::altered_event(upgrade.seq)),
            None => Ok(KnownLog::of_an_empty_log()),
        }
    }

    /// What the last removal of events carried over.
    async fn carried(&self, pruned: Pruned) -> Result<KnownLog, Error> {
        let carried = pruned.carried(&*self.store, &self.roots).await?;
        let known = KnownLog::of_bytes(&carried.known);
        let known = known.ok_or_else(|| Error::altered_event(pruned.through.seq))?;
        if holds_event(&*self.store, known.head()).await? {
            Ok(known)
        } else {
            Err(Error::altered_event(known.head().seq))
        }
    }

    /// The first reading. Nothing is known before it is complete.
    pub(super) async fn read_from(&self, mut known: KnownLog) -> Result<(), Error> {
        loop {
            let last = known.head();
            let next = last.next().ok_or(Error::altered_event(last.seq))?;
            let events = self.store.vital().events().from(next, BATCH).await?;
            self.read_to.store(last.seq, Ordering::Relaxed);
            if events.is_empty() {
                break;
            }
            self.apply(&mut known, &events)?;
        }
        let head = known.head();
        *self.known.write() = Some(known);
        self.known_to.store(head.seq, Ordering::Release);
        Ok(())
    }

    /// Reads the events after the known ones. Returns false if the log no longer has the last known
    /// event.
    pub(super) async fn read_on(&self, mut last: Head) -> Result<bool, Error> {
        loop {
            let first = last.seq.max(1);
            let events = self.store.vital().events().from(first, BATCH).await?;
            let Some(newer) = behind(last, &events) else {
                return Ok(false);
            };
            if newer.is_empty() {
                return Ok(true);
            }
            let mut known = self.known.write();
            let Some(known) = known.as_mut() else {
                return Ok(false);
            };
            // The feed may have applied some of them in the meantime.
            let known_to = known.head().seq;
            let unknown = newer.iter().position(|event| event.seq > known_to);
            let newer = unknown.map_or(&[][..], |first| &newer[first..]);
            self.apply(known, newer)?;
            last = known.head();
            self.known_to.store(last.seq, Ordering::Release);
        }
    }

    fn apply(&self, known: &mut KnownLog, events: &[Event]) -> Result<(), Error> {
        let now = self.clock.now();
        for event in events {
            let last = known.head();
            let follows = follows(&self.roots, &last, event);
            // The events before an upgrade name no row that counts.
            let details = if event.version == ledger::FORMER_VERSION {
                Some(Details::default())
            } else {
                Details::of(event)
            };
            let Some(details) = details.filter(|_| follows) else {
                return Err(Error::altered_event(event.seq));
            };
            known.apply(event, &details, &self.roots, now);
        }
        Ok(())
    }
}
