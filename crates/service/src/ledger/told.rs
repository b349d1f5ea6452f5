//! Comparing a row with what the event log tells of it.

use std::collections::HashMap;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Event, EventId, Tagged};

use super::details::WrittenRow;
use crate::ledger::currency::epoch_of;
use crate::ledger::rows::{Roots, Row, hex, told_tag};

/// What an event tells of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The event's number.
    pub(crate) seq: i64,
    /// The row's tag, as the event has it; `None` where the row was removed.
    pub(crate) tag: Option<String>,
}

impl Told {
    pub(crate) fn of(event: &Event, row: &WrittenRow<'_>) -> Self {
        Self {
            seq: event.seq,
            tag: row.tag.as_deref().map(ToOwned::to_owned),
        }
    }
}

/// By table and id, what the last event that names a row tells of it.
pub(crate) type LastTold = HashMap<(String, String), Told>;

/// The event by which a database of an earlier release was taken over: it tagged every row anew, and names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Upgrade {
    pub(crate) seq: i64,
    id: EventId,
}

impl Upgrade {
    pub(crate) fn of(event: &Event) -> Option<Self> {
        (event.kind == EventKind::DatabaseUpgraded.as_str()).then_some(Self {
            seq: event.seq,
            id: event.id,
        })
    }
}

/// In which way a row differs from what the last event that names it tells.
pub(crate) fn difference<R: Row>(
    roots: &Roots,
    tagged: &Tagged<R>,
    told: Option<&Told>,
    upgrade: Option<Upgrade>,
) -> Option<&'static str> {
    let Some(origin) = roots.origin(tagged) else {
        return Some("was planted or altered");
    };
    let Some(told) = told else {
        return Some("has no event");
    };
    let Some(tag) = &told.tag else {
        return Some("was removed once, and put back");
    };
    let is_by_it = told.seq == origin.seq && *tag == told_tag(&tagged.tag);
    // What an upgrade tagged anew is as the earlier release's last event tells.
    let is_upgraded = upgrade.is_some_and(|upgrade| {
        origin.event == epoch_of(upgrade.id)
            && told.seq < upgrade.seq
            && roots
                .former_tag(tagged)
                .is_some_and(|former| hex(&former) == *tag)
    });
    (!is_by_it && !is_upgraded).then_some("is an older one, put back")
}
