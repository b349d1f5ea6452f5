//! The fields of each kind of row that its tag covers.

mod administration;
mod keys;
mod people;
mod roots;
mod tokens;

use ats_pat_auth::Canonical;
use ats_pat_domain::key::StoredSigningKey;
use ats_pat_domain::port::SetupLink;
use ats_pat_domain::port::{RowKey, StoredPolicy};
use ats_pat_domain::secret::Secret;
use ats_pat_domain::{
    DirectoryGroup, LinkedIdentity, OperatorKey, Session, StatusPlace, Timestamp, Token, TokenId,
    User,
};

pub(crate) use self::administration::THE_POLICY;
pub(crate) use self::roots::{Roots, logged_tag};
use crate::service::error::Error;
use crate::service::security::SECURITY;

/// A row that grants rights.
pub(crate) trait Row: Send + Sync + 'static {
    const TABLE: &'static str;
    /// Names the row in events and errors. It contains no secret.
    fn row_id(&self) -> String;
    fn canonical(&self) -> Canonical;
    /// How long the row itself can grant anything.
    fn grants(&self) -> Grants;
    /// The table and primary key.
    fn key(&self) -> RowKey;
}

/// The tables of these rows. A later release may have others, whose rows this one can't read.
pub(crate) const TABLES: [&str; 11] = [
    User::TABLE,
    LinkedIdentity::TABLE,
    Session::TABLE,
    SetupLink::TABLE,
    Token::TABLE,
    Secret::TABLE,
    StatusPlace::TABLE,
    StoredSigningKey::TABLE,
    OperatorKey::TABLE,
    DirectoryGroup::TABLE,
    StoredPolicy::TABLE,
];

/// How long a replaced row could grant anything by itself, if it were put back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grants {
    ForEver,
    Until(Timestamp),
    /// As long as the token with this id could when the row was replaced.
    WithToken(TokenId),
    /// The row grants nothing, because the decision reads something else. The log needn't remember
    /// it.
    Nothing,
}

impl Grants {
    /// The time in an event, in milliseconds since the epoch. `token` gives the end of a token, if
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

/// Logs that somebody wrote the row behind the program's back, and returns the error for it.
pub(crate) fn altered<R: Row>(row: &R, what: &'static str) -> Error {
    let id = row.row_id();
    tracing::error!(
        target: SECURITY,
        table = R::TABLE,
        id,
        "a row {what}: it was written behind the program's back"
    );
    Error::Tampered {
        table: R::TABLE,
        id,
    }
}

/// The bytes of [`hex`]. `None` if the text is not so many bytes in hexadecimal.
pub(crate) fn of_hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if digits.len() != 2 * N || !digits.is_ascii() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Bytes in lower-case hexadecimal, as tags are written.
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
