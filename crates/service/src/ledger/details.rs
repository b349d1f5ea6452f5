//! What an event says of the rows that its change wrote.

use std::borrow::Cow;

use ats_pat_domain::{Event, Timestamp};
use serde::{Deserialize, Serialize};

/// The format of an event's details. In the first a row's tag did not say which event wrote it.
pub(crate) const VERSION: i16 = 2;
/// The format of the releases before.
pub(crate) const FORMER_VERSION: i16 = 1;

/// A row that a change wrote or removed, as its event will name it.
pub(crate) struct RowChange {
    pub(crate) table: &'static str,
    pub(crate) id: String,
    /// The keyed hash of its new tag; `None` where the row was removed.
    pub(crate) tag: Option<String>,
    /// `None` for a row that was not there before.
    pub(crate) replaces: Option<Replaces>,
}

/// What a row was before a change wrote or removed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Replaces {
    /// The number of the event that wrote what was there, as the row said. `None` where that was
    /// not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<i64>,
    /// When what was there would have stopped granting anything, in milliseconds since the epoch;
    /// `None` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<i64>,
}

impl Replaces {
    /// A row of which nothing is known but that it was there.
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
    /// Left out where there is none.
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
    /// In hexadecimal: the keyed hash of the row's tag, of a former release the whole tag. `None`
    /// where the row was removed.
    #[serde(borrow, default)]
    pub(crate) tag: Option<Cow<'a, str>>,
    #[serde(default)]
    pub(crate) replaces: Option<Replaces>,
}

impl<'a> Details<'a> {
    /// `None` for what another release wrote, or what can't be read.
    pub(crate) fn of(event: &'a Event) -> Option<Self> {
        let is_ours = event.version == VERSION;
        is_ours.then(|| serde_json::from_slice(&event.details).ok())?
    }

    /// As [`of`](Self::of), of this release or the one before.
    pub(crate) fn of_either(event: &'a Event) -> Option<Self> {
        let is_known = [FORMER_VERSION, VERSION].contains(&event.version);
        is_known.then(|| serde_json::from_slice(&event.details).ok())?
    }
}
