//! What the event log says about the places: a state in memory that follows the log.
//!
//! The state is built from the log only, never from rows. Each event is chained to its predecessor,
//! so nobody can remove a revocation with write access to the database alone.

use std::collections::BTreeMap;

use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::Store;
use ats_pat_domain::{Event, Timestamp};
use ats_pat_token::{IndexTooLarge, ListVersion, MAX_STATUS_INDEX, StatusList};
use serde_json::Value;

use super::REVOKED_FOR;
use crate::ledger::pruned::{Pruned, is_pruned};
use crate::ledger::rows::Roots;
use crate::ledger::{PLACES_GIVEN, PLACES_REVOKED, behind, follows, last_acceptance};
use crate::service::error::Error;

/// How many events are read at once.
const BATCH: u64 = 1000;
/// Spare places at the end of a list. So a new secret already has its place in the lists that
/// verifiers have.
const ROOM: u64 = 16 * 1024;

/// The state of all places after an event.
pub(crate) struct Places {
    /// The last event that was applied.
    head: Head,
    /// When a restore was last accepted, in milliseconds since the epoch. 0 if never.
    epoch: i64,
    /// The number of the last event that changed the list.
    changed_at: i64,
    /// The revoked places, and when each of them ends.
    revoked: BTreeMap<u64, Timestamp>,
    greatest: u64,
}

/// Whether the log is still the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Followed {
    Same,
    /// It is another log, or a restore was accepted. The state must be loaded again.
    Another,
}

impl Places {
    /// Loads the current state, from the events since the longest time that a place stays revoked.
    pub(crate) async fn load(
        store: &dyn Store,
        roots: &Roots,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let accepted = last_acceptance(store, roots).await?;
        let head = event_before(store, roots, now.before(REVOKED_FOR)).await?;
        let mut places = Self {
            head,
            epoch: accepted
                .as_ref()
                .map_or(0, |accepted| accepted.at.as_millis()),
            changed_at: head.seq,
            revoked: BTreeMap::new(),
            greatest: store.status_places().greatest_index().await?.unwrap_or(0),
        };
        let until = accepted.map_or(0, |accepted| accepted.seq);
        places.follow_from(store, roots, until).await?;
        Ok(places)
    }

    /// Applies the events that came since.
    pub(crate) async fn follow(
        &mut self,
        store: &dyn Store,
        roots: &Roots,
    ) -> Result<Followed, Error> {
        self.follow_from(store, roots, 0).await
    }

    /// Like [`follow`](Self::follow), but goes on past accepted restores up to this event.
    async fn follow_from(
        &mut self,
        store: &dyn Store,
        roots: &Roots,
        accepted: i64,
    ) -> Result<Followed, Error> {
        loop {
            // It reads the last event again. If another event has its number, this is another log.
            let events = store.events().from(self.head.seq.max(1), BATCH).await?;
            let Some(newer) = behind(self.head, &events) else {
                return Ok(Followed::Another);
            };
            for event in newer {
                let is_acceptance = event.kind == EventKind::RestoreAccepted.as_str();
                if is_acceptance && event.seq > accepted {
                    return Ok(Followed::Another);
                }
                if let Err(error) = self.apply(event, roots) {
                    let is_pruned = is_pruned(store, roots, self.head).await?;
                    return if is_pruned {
                        Ok(Followed::Another)
                    } else {
                        Err(error)
                    };
                }
            }
            if (events.len() as u64) < BATCH {
                return Ok(Followed::Same);
            }
        }
    }

    fn apply(&mut self, event: &Event, roots: &Roots) -> Result<(), Error> {
        if !follows(roots, &self.head, event) {
            return Err(Error::altered_event(event.seq));
        }
        self.head = event.head();
        let (given, revoked) = named(event);
        let end = self.end();
        for index in given.iter().chain(&revoked) {
            self.greatest = self.greatest.max(*index);
        }
        let mut changed = self.end() != end;
        for index in given {
            changed |= self.revoked.remove(&index).is_some();
        }
        for index in revoked {
            self.revoked.insert(index, event.at.after(REVOKED_FOR));
            changed = true;
        }
        if changed {
            self.changed_at = event.seq;
        }
        Ok(())
    }

    /// Identifies this state of the list.
    pub(crate) fn version(&self) -> ListVersion {
        ListVersion {
            epoch: self.epoch,
            seq: self.head.seq,
        }
    }

    /// The number of the last event that changed the list. Lists of this state and of later ones
    /// have the same content.
    pub(crate) fn changed_at(&self) -> i64 {
        self.changed_at
    }

    /// The list at `now`.
    pub(crate) fn list(&mut self, now: Timestamp) -> Result<StatusList, IndexTooLarge> {
        self.revoked.retain(|_, free_at| now < *free_at);
        let mut list = StatusList::new();
        list.extend_to(self.end())?;
        for index in self.revoked.keys() {
            list.set(*index, true)?;
        }
        Ok(list)
    }

    /// The last index in the list.
    fn end(&self) -> u64 {
        let places = (self.greatest + ROOM).next_multiple_of(ROOM);
        (places - 1).min(MAX_STATUS_INDEX)
    }
}

/// An event from before `time`, or the start of the log. Where events were removed, the log starts
/// with the last of that part.
async fn event_before(store: &dyn Store, roots: &Roots, time: Timestamp) -> Result<Head, Error> {
    // No event is removed that the list still needs.
    let pruned = Pruned::last(store, roots).await?;
    let start = pruned.map_or(Head::EMPTY, |pruned| pruned.through);
    let mut seq = store.events().head().await?.seq;
    while seq > start.seq {
        let found = store.events().from(seq, 1).await?;
        let Some(event) = found.first().filter(|event| event.seq == seq) else {
            break;
        };
        if event.at < time {
            return Ok(Head {
                seq,
                hash: event.hash,
            });
        }
        seq = seq.saturating_sub_unsigned(BATCH).max(start.seq);
    }
    Ok(start)
}

/// The places that an event gave and revoked.
fn named(event: &Event) -> (Vec<u64>, Vec<u64>) {
    let details: Value = serde_json::from_slice(&event.details).unwrap_or_default();
    let places = |name| {
        details
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_u64)
            .collect()
    };
    (places(PLACES_GIVEN), places(PLACES_REVOKED))
}
