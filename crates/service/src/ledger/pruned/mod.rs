//! What is known of events that were removed from the log.
//!
//! A removal takes away every event up to one number that nobody needs any more. The event
//! [`EventsPruned`](EventKind::EventsPruned) names that number, and has the keyed hash of what the
//! removal carries over: the state of [`currency`](super::currency) at a later event, and the list
//! of the events that stay. So the log begins with it, and the chain proves both.

mod kept;

use ats_pat_auth::KeyedHash;
use ats_pat_domain::event::{EventKind, Head};
use ats_pat_domain::port::{Repositories, Store, StoreError};
use ats_pat_domain::{Event, PruningId, Timestamp};
use serde::Deserialize;

use crate::ledger::rows::{Roots, hex, of_hex};
use crate::ledger::{Entry, follows_its_predecessor};
use crate::service::error::Error;

pub(crate) use kept::{KeptEvents, KeptReader, Stands};

/// The first byte of what is carried over. A checkpoint begins with another, and has the same kind
/// of hash.
const FORMAT: u8 = b'P';
/// The detail of the event that has the keyed hash of what is carried over.
const CARRIED: &str = "Carried";

/// The last removal of events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pruned {
    id: PruningId,
    /// The last event of the part from which events were removed. It is still there.
    pub(crate) through: Head,
    /// How many events of that part stay.
    pub(crate) kept: u64,
    /// When events were removed.
    pub(crate) at: Timestamp,
    carried: KeyedHash,
}

/// What a removal carries over.
pub(crate) struct Carried {
    /// The state of currency, as a checkpoint has it.
    pub(crate) known: Vec<u8>,
    pub(crate) kept: KeptEvents,
}

/// A removal that has no event yet.
pub(crate) struct NewPruning {
    pub(crate) id: PruningId,
    pub(crate) through: Head,
    pub(crate) kept: u64,
    carried: KeyedHash,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Details {
    id: PruningId,
    through: i64,
    through_hash: String,
    kept: u64,
    carried: String,
}

impl Pruned {
    /// The last removal. `None` if there never was one.
    ///
    /// # Errors
    /// [`Error::Tampered`] if its event was planted or altered.
    pub(crate) async fn last(
        store: &(impl Repositories + ?Sized),
        roots: &Roots,
    ) -> Result<Option<Self>, Error> {
        let kind = EventKind::EventsPruned.as_str();
        let Some(event) = store.events().last_of_kind(kind).await? else {
            return Ok(None);
        };
        let altered = || Error::altered_event(event.seq);
        if !follows_its_predecessor(store, roots, &event).await? {
            return Err(altered());
        }
        Self::of(&event).map(Some).ok_or_else(altered)
    }

    fn of(event: &Event) -> Option<Self> {
        let details: Details = serde_json::from_slice(&event.details).ok()?;
        Some(Self {
            id: details.id,
            through: Head {
                seq: details.through,
                hash: of_hex(&details.through_hash)?,
            },
            kept: details.kept,
            at: event.at,
            carried: KeyedHash::from_bytes(of_hex(&details.carried)?),
        })
    }

    pub(crate) fn id(&self) -> PruningId {
        self.id
    }

    /// Whether an event of this number may have been removed.
    pub(crate) fn covers(&self, seq: i64) -> bool {
        seq < self.through.seq
    }

    /// What the removal carried over.
    ///
    /// # Errors
    /// [`Error::Tampered`] if it was altered or is missing.
    pub(crate) async fn carried(&self, store: &dyn Store, roots: &Roots) -> Result<Carried, Error> {
        let bytes = store.carried(self.id).await?;
        let is_genuine = roots.first().hash_checkpoint(&bytes) == self.carried;
        let carried = is_genuine.then(|| Carried::of(&bytes)).flatten();
        carried.ok_or_else(|| Error::Tampered {
            table: "pruning_parts",
            id: self.id.to_string(),
        })
    }
}

impl Carried {
    /// The bytes that are stored, and the removal that they are for.
    pub(crate) fn seal(
        &self,
        id: PruningId,
        through: Head,
        roots: &Roots,
    ) -> (Vec<u8>, NewPruning) {
        let mut bytes = Vec::with_capacity(9 + self.known.len() + self.kept.as_bytes().len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&(self.known.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&self.known);
        bytes.extend_from_slice(self.kept.as_bytes());
        let pruning = NewPruning {
            id,
            through,
            kept: self.kept.count(),
            carried: roots.first().hash_checkpoint(&bytes),
        };
        (bytes, pruning)
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (known, kept) = rest.split_at_checked(length)?;
        (*format == FORMAT).then(|| Self {
            known: known.to_vec(),
            kept: KeptEvents::of_bytes(kept.to_vec()),
        })
    }
}

impl NewPruning {
    /// Says in the event's details what the next start has to know.
    pub(crate) fn tell(&self, entry: Entry) -> Entry {
        entry
            .detail("Id", self.id.to_string())
            .detail("Through", self.through.seq)
            .detail("ThroughHash", hex(&self.through.hash))
            .detail("Kept", self.kept)
            .detail(CARRIED, hex(self.carried.as_bytes()))
    }
}

/// Whether the log has this event, or had it before its removal. What was removed can't be compared
/// any more. A log that went back to an earlier state does not tell of such a removal, because the
/// numbers of events only grow.
pub(crate) async fn held_or_pruned(
    store: &dyn Store,
    roots: &Roots,
    head: Head,
) -> Result<bool, Error> {
    if super::holds_event(store, head).await? {
        return Ok(true);
    }
    is_pruned(store, roots, head).await
}

/// Whether events after this one were removed from this log, and perhaps this one, too. Whoever
/// knows the log up to this event can't read on.
pub(crate) async fn is_pruned(store: &dyn Store, roots: &Roots, head: Head) -> Result<bool, Error> {
    let pruned = match Pruned::last(store, roots).await {
        Ok(pruned) => pruned,
        Err(Error::Tampered { .. }) => None,
        Err(error) => return Err(error),
    };
    Ok(pruned.is_some_and(|pruned| pruned.covers(head.seq)) && !has_another(store, head).await?)
}

/// Whether the log has another event of this number.
async fn has_another(store: &dyn Store, head: Head) -> Result<bool, StoreError> {
    let found = store.events().from(head.seq, 1).await?;
    Ok(found
        .first()
        .is_some_and(|event| event.seq == head.seq && event.head() != head))
}
