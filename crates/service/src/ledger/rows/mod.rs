//! Which fields of a row its tag covers, and checking it.

mod administration;
mod keys;
mod people;
mod roots;
mod tokens;

use ats_pat_auth::Canonical;
use ats_pat_domain::port::RowKey;
use ats_pat_domain::{Timestamp, TokenId};

pub(crate) use self::administration::THE_POLICY;
pub(crate) use self::roots::{Roots, logged_tag};
use crate::service::error::Error;

/// A row that grants rights.
pub(crate) trait Row {
    const TABLE: &'static str;
    /// What names the row in events and errors; never a secret.
    fn row_id(&self) -> String;
    fn canonical(&self) -> Canonical;
    /// Until when the row itself can grant anything.
    fn grants(&self) -> Grants;
    /// Its table and primary key.
    fn key(&self) -> RowKey;
}

/// Until when a row can grant anything by itself, if it is put back after another took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grants {
    ForEver,
    Until(Timestamp),
    /// As long as the token of this id, as it stood when the row was replaced.
    WithToken(TokenId),
    /// What counts is read elsewhere: nothing has to be remembered of it.
    Nothing,
}

impl Grants {
    /// As an event says it, in milliseconds since the epoch. `token` gives the end of a token, if
    /// it is known.
    pub(crate) fn until_millis(self, token: impl FnOnce(TokenId) -> Option<i64>) -> Option<i64> {
        match self {
            Self::ForEver => None,
            Self::Until(until) => Some(until.as_millis()),
            Self::WithToken(id) => token(id),
            Self::Nothing => Some(0),
        }
    }
}

/// Says that a row is none that this service would go by.
pub(crate) fn altered<R: Row>(row: &R, what: &'static str) -> Error {
    let id = row.row_id();
    tracing::error!(
        table = R::TABLE,
        id,
        "a row {what}: it was written behind the program's back"
    );
    Error::Tampered {
        table: R::TABLE,
        id,
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String can't fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
