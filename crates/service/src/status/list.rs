//! What the event log says of the places: a state in memory that follows it.

use std::collections::BTreeMap;

use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::Store;
use ats_pat_domain::{Event, Timestamp};
use ats_pat_token::{IndexTooLarge, ListVersion, StatusList};
use serde_json::Value;

use super::REVOKED_FOR;
use crate::error::Error;
use crate::ledger::{PLACES_GIVEN, PLACES_REVOKED, expected_hash};
use crate::open::last_acceptance;
use crate::rows::Roots;

/// How many events or rows are read at once.
const BATCH: u64 = 1000;
/// Room at the end of a list, so that a secret made just now has its place in the lists that verifiers hold already.
const ROOM: u64 = 16 * 1024;

/// The places as they are after an event.
pub(crate) struct Places {
    /// The last event that is in it.
    head: Head,
    version: ListVersion,
    /// Those that are revoked, until when.
    revoked: BTreeMap<u64, Timestamp>,
    greatest: u64,
}

impl Places {
    /// Reads the places as they are now.
    pub(crate) async fn load(
        store: &dyn Store,
        roots: &Roots,
        now: Timestamp,
    ) -> Result<Self, Error> {
        // The head comes first: what happens while the rows are read is applied again by following.
        let head = store.events().head().await?;
        let accepted = last_acceptance(store, roots).await?;
        let mut revoked = BTreeMap::new();
        let mut after = None;
        loop {
            let batch = store.status_places().revoked(now, after, BATCH).await?;
            let Some(last) = batch.last() else { break };
            after = Some(last.row.index);
            for place in batch {
                if !roots.is_genuine(&place) {
                    // Revoked all the same: who planted it can only have taken rights away.
                    tracing::error!(
                        index = place.row.index,
                        "a place in the status list fails its tag: it was altered behind the program's back"
                    );
                }
                revoked.insert(place.row.index, place.row.free_at);
            }
        }
        let mut places = Self {
            head,
            version: ListVersion {
                epoch: accepted.map_or(0, |event| event.at.as_millis()),
                seq: head.seq,
            },
            revoked,
            greatest: store.status_places().greatest_index().await?.unwrap_or(0),
        };
        places.follow(store, roots).await?;
        Ok(places)
    }

    /// Applies what happened since. Gives `false` where the log is not the one that was followed, or an earlier
    /// database was accepted: then the places are to be loaded anew.
    pub(crate) async fn follow(&mut self, store: &dyn Store, roots: &Roots) -> Result<bool, Error> {
        loop {
            // From the last one on, inclusive: another event there tells of another log.
            let first = self.head.seq.max(1);
            let events = store.events().from(first, BATCH).await?;
            let Some((last, newer)) = (match self.head.seq {
                0 => Some((None, &events[..])),
                _ => events
                    .split_first()
                    .map(|(last, newer)| (Some(last), newer)),
            }) else {
                return Ok(false);
            };
            if last.is_some_and(|last| (last.seq, last.hash) != (self.head.seq, self.head.hash)) {
                return Ok(false);
            }
            for event in newer {
                if !self.apply(event, roots)? {
                    return Ok(false);
                }
            }
            if (events.len() as u64) < BATCH {
                return Ok(true);
            }
        }
    }

    fn apply(&mut self, event: &Event, roots: &Roots) -> Result<bool, Error> {
        let follows = event.seq == self.head.seq + 1
            && expected_hash(roots, &self.head, event).is_ok_and(|hash| hash == event.hash);
        if !follows {
            return Err(Error::Tampered {
                table: "events",
                id: event.seq.to_string(),
            });
        }
        if event.kind == EventKind::RestoreAccepted.as_str() {
            return Ok(false);
        }
        self.head = Head {
            seq: event.seq,
            hash: event.hash,
        };
        let (given, revoked) = named(event);
        for index in given.iter().chain(&revoked) {
            self.greatest = self.greatest.max(*index);
            self.version.seq = event.seq;
        }
        for index in given {
            self.revoked.remove(&index);
        }
        for index in revoked {
            self.revoked.insert(index, event.at.after(REVOKED_FOR));
        }
        Ok(true)
    }

    /// Which state this is.
    pub(crate) fn version(&self) -> ListVersion {
        self.version
    }

    /// The list at `now`.
    pub(crate) fn list(&mut self, now: Timestamp) -> Result<StatusList, IndexTooLarge> {
        self.revoked.retain(|_, free_at| now < *free_at);
        let mut list = StatusList::new();
        let end = (self.greatest + ROOM).next_multiple_of(ROOM);
        list.extend_to((end - 1).min(ats_pat_token::MAX_STATUS_INDEX))?;
        for index in self.revoked.keys() {
            list.set(*index, true)?;
        }
        Ok(list)
    }
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
