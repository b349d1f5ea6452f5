//! Compares rows with the event log.

use std::collections::{BTreeSet, HashMap};

use ats_pat_auth::Origin;
use ats_pat_domain::event::EventKind;
use ats_pat_domain::{Event, EventId, Tagged};

use super::details::WrittenRow;
use crate::ledger::currency::epoch_of;
use crate::ledger::row_name::{RowName, TagHash};
use crate::ledger::rows::{Roots, Row, TABLES, hex, logged_tag};

/// What an event says about a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoggedRow {
    /// The number of the event.
    pub(crate) seq: i64,
    /// The row's tag as the event has it. `None` if the row was removed.
    pub(crate) tag: Option<TagHash>,
}

impl LoggedRow {
    pub(crate) fn of(event: &Event, row: &WrittenRow<'_>) -> Self {
        Self {
            seq: event.seq,
            tag: row.tag.as_deref().map(TagHash::of),
        }
    }
}

/// What the last event that names a row says about it.
pub(crate) type LastLogged = HashMap<RowName, LoggedRow>;

/// The event that took over a database of an earlier release. It gave every row a new tag, and
/// names no rows.
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

    /// Whether the upgrade gave this row its tag.
    pub(crate) fn tagged(&self, origin: Origin) -> bool {
        origin.event == epoch_of(self.id)
    }
}

/// A row that differs from its last event. Rows and events are read one after the other, so a
/// change in between looks like a difference. Only a difference that two comparisons found counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// A sentence that names the row.
    finding: String,
    /// The state of the row in this comparison. With a slow database, changes can overtake both
    /// comparisons of the same row. Then the states are different.
    seen: Seen,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// This service did not write the row so. No change explains that, even if its tag changes.
    Altered,
    /// A row with this tag.
    Row(Vec<u8>),
    /// No row, although the event with this number names one.
    Nothing(i64),
}

impl Difference {
    /// The differences that both comparisons found, as sentences. The second comparison began after
    /// the first ended.
    pub(crate) fn found_twice(first: &BTreeSet<Self>, second: BTreeSet<Self>) -> Vec<String> {
        let both = second.into_iter().filter(|found| first.contains(found));
        both.map(|difference| difference.finding).collect()
    }

    /// Compares a row with the last event that names it.
    pub(crate) fn of<R: Row>(
        roots: &Roots,
        tagged: &Tagged<R>,
        logged: Option<&LoggedRow>,
        upgrade: Option<Upgrade>,
    ) -> Option<Self> {
        debug_assert!(TABLES.contains(&R::TABLE), "{} is not listed", R::TABLE);
        let what = difference(roots, tagged, logged, upgrade)?;
        Some(Self {
            finding: format!("row {} of {} {what}", tagged.row.row_id(), R::TABLE),
            seen: match roots.origin(tagged) {
                Some(_) => Seen::Row(tagged.tag.bytes.clone()),
                None => Seen::Altered,
            },
        })
    }

    /// The difference of a missing row. `None` if the event says that it was removed, or if the
    /// table is of a later release, which this one works beside: nobody looked for the row.
    pub(crate) fn missing(name: &RowName, logged: &LoggedRow) -> Option<Self> {
        logged.tag.as_ref()?;
        let (table, id) = (name.table(), name.id());
        if !TABLES.contains(&table) {
            return None;
        }
        Some(Self {
            finding: format!("row {id} of {table} was removed, or can't be read"),
            seen: Seen::Nothing(logged.seq),
        })
    }
}

/// How a row differs from the last event that names it.
fn difference<R: Row>(
    roots: &Roots,
    tagged: &Tagged<R>,
    logged: Option<&LoggedRow>,
    upgrade: Option<Upgrade>,
) -> Option<&'static str> {
    let Some(origin) = roots.origin(tagged) else {
        return Some("was planted or altered");
    };
    let Some(logged) = logged else {
        return Some("has no event");
    };
    let Some(tag) = logged.tag else {
        return Some("was removed once, and put back");
    };
    let is_by_it = logged.seq == origin.seq && tag == TagHash::of(&logged_tag(&tagged.tag));
    // A row that the upgrade gave a new tag must be as the last event of the earlier release says.
    let is_upgraded = upgrade.is_some_and(|upgrade| {
        upgrade.tagged(origin)
            && logged.seq < upgrade.seq
            && roots
                .former_tag(tagged)
                .is_some_and(|former| TagHash::of(&hex(&former)) == tag)
    });
    (!is_by_it && !is_upgraded).then_some("is an older one, put back")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_back(seen: Seen) -> Difference {
        Difference {
            finding: "row 1 of tokens is an older one, put back".to_owned(),
            seen,
        }
    }

    #[test]
    fn a_row_that_changed_during_both_comparisons_is_no_finding() {
        for [before, after] in [
            [Seen::Row(vec![1]), Seen::Row(vec![2])],
            [Seen::Nothing(1), Seen::Nothing(2)],
        ] {
            let first = BTreeSet::from([put_back(before.clone())]);
            let changed = BTreeSet::from([put_back(after)]);
            assert!(Difference::found_twice(&first, changed).is_empty());
            let same = BTreeSet::from([put_back(before)]);
            assert_eq!(Difference::found_twice(&first, same).len(), 1);
        }
    }

    #[test]
    fn no_row_is_missing_in_a_table_of_a_later_release() {
        let logged = LoggedRow {
            seq: 7,
            tag: Some(TagHash::of("tag")),
        };
        let is_missing = |table: &str| {
            let name = RowName::new(table, "1");
            Difference::missing(&name, &logged).is_some()
        };
        assert!(TABLES.into_iter().all(is_missing));
        assert!(!is_missing("later"));
    }

    #[test]
    fn an_altered_row_is_found_even_if_its_tag_is_altered_between_comparisons() {
        let once = || BTreeSet::from([put_back(Seen::Altered)]);
        assert_eq!(Difference::found_twice(&once(), once()).len(), 1);
    }
}
