//! The event log: its entries, its chain, and whether its end is genuine.

pub(crate) mod anchor;
pub(crate) mod archive;
mod comparison;
pub(crate) mod currency;
mod details;
pub(crate) mod every_row;
pub(crate) mod pruned;
pub(crate) mod reading_ahead;
mod row_name;
pub(crate) mod rows;
pub(crate) mod verified_grant;

use ats_pat_auth::{Canonical, ChainHash, KeyedHash};
use ats_pat_domain::event::{Actor, Event, EventKind, Head, Personal};
use ats_pat_domain::port::{Repositories, Store, StoreError};
use ats_pat_domain::{EventId, Timestamp, UserId};
use serde_json::{Map, Value, json};

use crate::ledger::rows::Roots;
use crate::service::error::Error;

pub(crate) use comparison::{Difference, LastLogged, LoggedRow, Upgrade};
pub(crate) use details::{Details, FORMER_VERSION, Replaces, RowChange, VERSION, WrittenRow};
pub(crate) use row_name::RowName;

/// The detail of an event that names the places of the status list that secrets got by its change.
pub(crate) const PLACES_GIVEN: &str = "PlacesGiven";
/// The detail of an event that names the places of the status list that its change revoked.
pub(crate) const PLACES_REVOKED: &str = "PlacesRevoked";

/// The detail of an event that names planted or altered rows that its change ended.
pub(crate) const QUARANTINED: &str = "Quarantined";

/// The detail of an upgrade's event that names rows which the upgrade left as they were.
pub(crate) const REFUSED_ROWS: &str = "RefusedRows";

/// What a change records about itself. It becomes an event in the change's transaction.
pub(crate) struct Entry {
    kind: EventKind,
    actor: Actor,
    owner: Option<UserId>,
    subject: String,
    details: Map<String, Value>,
    personal: Map<String, Value>,
}

impl Entry {
    pub(crate) fn new(kind: EventKind, actor: Actor, subject: &impl ToString) -> Self {
        Self {
            kind,
            actor,
            owner: None,
            subject: subject.to_string(),
            details: Map::new(),
            personal: Map::new(),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind.as_str()
    }

    pub(crate) fn owner(mut self, owner: UserId) -> Self {
        self.owner = Some(owner);
        self
    }

    pub(crate) fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a detail about a person. It is stored apart from the event, so that it can be erased.
    pub(crate) fn personal(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.personal.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn into_event(
        mut self,
        roots: &Roots,
        head: &Head,
        id: EventId,
        at: Timestamp,
        rows: &[RowChange],
        salt: [u8; 32],
    ) -> Result<Event, Error> {
        if !rows.is_empty() {
            let rows: Vec<Value> = rows
                .iter()
                .map(|row| {
                    let mut said = json!({"Table": row.table, "Id": row.id, "Tag": row.tag});
                    if let Some(replaces) = row.replaces {
                        said["Replaces"] = json!(replaces);
                    }
                    said
                })
                .collect();
            self.details.insert("Rows".to_owned(), rows.into());
        }
        let personal = (!self.personal.is_empty()).then(|| Personal {
            salt,
            data: Value::Object(self.personal).to_string().into_bytes(),
        });
        let keys = roots.current();
        let mut event = Event {
            // Behind the largest number the head refuses it.
            seq: head.seq.saturating_add(1),
            id,
            version: VERSION,
            at,
            actor: self.actor.to_string(),
            owner: self.owner,
            kind: self.kind.as_str().to_owned(),
            subject: self.subject,
            details: Value::Object(self.details).to_string().into_bytes(),
            personal_hash: personal.as_ref().map(|personal| {
                keys.personal_hash(&personal.salt, &personal.data)
                    .to_bytes()
            }),
            key_id: roots.current_id(),
            hash: [0; 33],
            personal,
        };
        event.hash = expected_hash(roots, head, &event)?;
        Ok(event)
    }
}

/// The events after `last`, if `events` begins with it. `None` if another event, or none, has its
/// number.
pub(crate) fn behind(last: Head, events: &[Event]) -> Option<&[Event]> {
    if last.seq == 0 {
        return Some(events);
    }
    let (first, newer) = events.split_first()?;
    (first.head() == last).then_some(newer)
}

/// Whether `event` follows `before`: it has the next number and the right hash.
pub(crate) fn follows(roots: &Roots, before: &Head, event: &Event) -> bool {
    before.next() == Some(event.seq)
        && expected_hash(roots, before, event).is_ok_and(|hash| hash == event.hash)
}

/// The right hash of `event` after `head`.
fn expected_hash(roots: &Roots, head: &Head, event: &Event) -> Result<[u8; 33], Error> {
    let before = if head.seq == 0 {
        ChainHash::GENESIS
    } else {
        ChainHash::from_bytes(&head.hash)?
    };
    let keys = roots
        .by_id(event.key_id)
        .ok_or_else(|| Error::altered_event(event.seq))?;
    Ok(before.next(keys, &canonical(event)).to_bytes())
}

/// The fields of an event that the chain covers.
fn canonical(event: &Event) -> Canonical {
    Canonical::new("events")
        .i64(event.seq)
        .uuid(event.id.as_uuid().as_bytes())
        .i64(event.version.into())
        .i64(event.at.as_millis())
        .text(&event.actor)
        .optional_uuid(
            event
                .owner
                .map(|owner| *owner.as_uuid().as_bytes())
                .as_ref(),
        )
        .text(&event.kind)
        .text(&event.subject)
        .bytes(&event.details)
        .optional_bytes(event.personal_hash.as_ref().map(<[u8; 32]>::as_slice))
        .i64(event.key_id.0.into())
}

/// Identifies an event with all that the chain covers of it. For an event whose predecessor is not
/// there any more.
pub(crate) fn fingerprint(roots: &Roots, event: &Event) -> u64 {
    let whole = canonical(event).bytes(&event.hash);
    roots.first().fingerprint(&whole)
}

/// Whether the log has this event.
pub(crate) async fn holds_event(store: &dyn Store, head: Head) -> Result<bool, StoreError> {
    let found = store.events().from(head.seq, 1).await?;
    Ok(found.first().is_some_and(|event| event.head() == head))
}

/// Writes the end of the event log to the program's log, where an operator finds it after a loss.
pub(crate) fn log_head(head: Head) {
    tracing::info!(
        seq = head.seq,
        hash = rows::hex(&head.hash),
        "head of the event log"
    );
}

/// Whether the last event of the log has the number and hash of the head, and follows its
/// predecessor.
pub(crate) async fn is_genuine_end(
    store: &dyn Store,
    roots: &Roots,
    head: Head,
) -> Result<bool, StoreError> {
    let found = store.events().from(head.seq, 1).await?;
    match found.first() {
        Some(event) if event.head() == head => follows_its_predecessor(store, roots, event).await,
        _ => Ok(false),
    }
}

/// Whether the hash of an event is right after its predecessor.
pub(crate) async fn follows_its_predecessor(
    store: &(impl Repositories + ?Sized),
    roots: &Roots,
    event: &Event,
) -> Result<bool, StoreError> {
    let before = if event.seq == 1 {
        Some(Head::EMPTY)
    } else {
        let found = store.events().from(event.seq.saturating_sub(1), 1).await?;
        found.first().map(Event::head)
    };
    Ok(before.is_some_and(|before| follows(roots, &before, event)))
}

/// Whether the personal part of an event is the one that the chain covers. An erased part is
/// genuine, too.
pub(crate) fn personal_part_is_genuine(roots: &Roots, event: &Event) -> bool {
    match (&event.personal, event.personal_hash) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(personal), Some(hash)) => roots.by_id(event.key_id).is_some_and(|keys| {
            keys.personal_hash(&personal.salt, &personal.data) == KeyedHash::from_bytes(hash)
        }),
    }
}

/// The last acceptance of a restore, if it is genuine.
pub(crate) async fn last_acceptance(
    store: &dyn Store,
    roots: &Roots,
) -> Result<Option<Event>, StoreError> {
    let kind = EventKind::RestoreAccepted.as_str();
    let Some(accepted) = store.events().last_of_kind(kind).await? else {
        return Ok(None);
    };
    let is_genuine = follows_its_predecessor(store, roots, &accepted).await?;
    Ok(is_genuine.then_some(accepted))
}
