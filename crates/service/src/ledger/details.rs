//! What an event says about the rows that its change wrote.

use std::borrow::Cow;

use ats_pat_domain::{Event, Timestamp};
use serde::{Deserialize, Serialize};

/// The format of an event's details. In the format before, a row's tag did not name the event that
/// wrote the row.
pub(crate) const VERSION: i16 = 2;
/// The format of earlier releases.
pub(crate) const FORMER_VERSION: i16 = 1;

/// A row that a change wrote or removed, as its event will name it.
pub(crate) struct RowChange {
    pub(crate) table: &'static str,
    pub(crate) id: String,
    /// The keyed hash of the new tag. `None` if the row was removed.
    pub(crate) tag: Option<String>,
    /// `None` if there was no such row before.
    pub(crate) replaces: Option<Replaces>,
}

/// The state of a row before a change wrote or removed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Replaces {
    /// The number of the event that wrote the earlier state, as the row's tag said. `None` if the
    /// tag was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<i64>,
    /// When the earlier state would have stopped granting anything, in milliseconds since the
    /// epoch. `None` means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
}

impl Replaces {
    /// An earlier state of which nothing is known.
    pub(crate) const ANYTHING: Self = Self {
        seq: None,
        until: None,
    };

    pub(crate) fn until(self) -> Option<Timestamp> {
        self.until.map(Timestamp::from_millis)
    }
}

/// The part of an event's details that names rows.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Details<'a> {
    /// The rows that the event wrote. Omitted if it wrote none.
    #[serde(rename = "Rows", borrow, default)]
    pub(crate) rows: Vec<WrittenRow<'a>>,
}

/// A row that an event names.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WrittenRow<'a> {
    #[serde(borrow)]
    pub(crate) table: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    /// In hexadecimal: the keyed hash of the row's tag, or the whole tag in an event of an earlier
    /// release. `None` if the row was removed.
    #[serde(borrow, default)]
    pub(crate) tag: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(crate) replaces: Option<Replaces>,
}

impl WrittenRow<'_> {
    pub(crate) fn into_owned(self) -> WrittenRow<'static> {
        WrittenRow {
            table: self.table.into_owned().into(),
            id: self.id.into_owned().into(),
            tag: self.tag.map(|tag| tag.into_owned().into()),
            replaces: self.replaces,
        }
    }
}

impl<'a> Details<'a> {
    /// `None` if another release wrote the event, or if the details can't be read.
    pub(crate) fn of(event: &'a Event) -> Option<Self> {
        let is_ours = event.version == VERSION;
        is_ours.then(|| serde_json::from_slice(&event.details).ok())?
    }

    /// Like [`of`](Self::of), for events of this release and of the one before.
    pub(crate) fn of_either(event: &'a Event) -> Option<Self> {
        let is_known = [FORMER_VERSION, VERSION].contains(&event.version);
        is_known.then(|| serde_json::from_slice(&event.details).ok())?
    }
}
