//! The names of rows in few bytes, because a verification has one for each row that the log names.

use std::fmt;

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::ledger::rows::{TABLES, hex, of_hex};

/// The table and id of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RowName {
    table: Table,
    id: RowId,
}

impl RowName {
    pub(crate) fn new(table: &str, id: &str) -> Self {
        Self {
            table: Table::of(table),
            id: RowId::of(id),
        }
    }

    pub(crate) fn table(&self) -> &str {
        match &self.table {
            Table::Known(place) => TABLES.get(usize::from(*place)).copied().unwrap_or_default(),
            Table::Other(name) => name,
        }
    }

    pub(crate) fn id(&self) -> impl fmt::Display {
        &self.id
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Table {
    /// The place in [`TABLES`].
    Known(u8),
    /// A table of a later release.
    Other(Box<str>),
}

impl Table {
    fn of(name: &str) -> Self {
        let place = TABLES.iter().position(|known| *known == name);
        match place.and_then(|place| u8::try_from(place).ok()) {
            Some(place) => Self::Known(place),
            None => Self::Other(name.into()),
        }
    }
}

/// An id as events write it. Each text has one form only: the first that is written as the text is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum RowId {
    /// A place of the status list.
    Number(u32),
    Uuid(Uuid),
    /// A secret of a token.
    Generation(Uuid, u32),
    /// The hash of a session's id.
    Hash(Box<[u8; 32]>),
    Text(Box<str>),
}

impl RowId {
    fn of(text: &str) -> Self {
        let secret = || {
            let (token, generation) = text.split_once('/')?;
            Some(Self::Generation(uuid(token)?, number(generation)?))
        };
        let known = match text.len() {
            Hyphenated::LENGTH => uuid(text).map(Self::Uuid),
            64 => hash(text).map(|hash| Self::Hash(hash.into())),
            _ => number(text).map(Self::Number).or_else(secret),
        };
        known.unwrap_or_else(|| Self::Text(text.into()))
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(formatter),
            Self::Uuid(uuid) => uuid.fmt(formatter),
            Self::Generation(token, generation) => write!(formatter, "{token}/{generation}"),
            Self::Hash(hash) => formatter.write_str(&hex(&**hash)),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

fn uuid(text: &str) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (uuid.hyphenated().encode_lower(&mut buffer) == text).then_some(uuid)
}

fn number(text: &str) -> Option<u32> {
    let is_written_so = text == "0" || text.starts_with(|first| ('1'..='9').contains(&first));
    text.parse().ok().filter(|_| is_written_so)
}

fn hash(text: &str) -> Option<[u8; 32]> {
    let is_written_so = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    text.bytes()
        .all(is_written_so)
        .then(|| of_hex(text))
        .flatten()
}

/// A tag as an event has it, only to be compared with others. This service made both, so nobody
/// finds two with the same hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TagHash([u8; 16]);

impl TagHash {
    pub(crate) fn of(tag: &str) -> Self {
        let mut hash = [0; 16];
        blake3::Hasher::new()
            .update(tag.as_bytes())
            .finalize_xof()
            .fill(&mut hash);
        Self(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "01a22fc7-9eb7-79a7-8609-cf6351a8d1c3";

    #[test]
    fn names_are_told_as_they_were_written() {
        let hash = "0a".repeat(32);
        for id in [
            "0",
            "1",
            "4294967295",
            "4294967296",
            "-1",
            "+1",
            "01",
            "",
            "/",
            UUID,
            &UUID.to_uppercase(),
            &UUID.replace('-', ""),
            &format!("{{{UUID}}}"),
            &format!("{UUID}/7"),
            &format!("{UUID}/07"),
            &format!("{UUID}/+7"),
            &format!("{UUID}/corp"),
            &format!("{}/7", UUID.replace('-', "")),
            &hash,
            &hash.to_uppercase(),
            &hash.replace("0a", "+a"),
            &"ä".repeat(32),
            "corp/ada",
        ] {
            for table in TABLES.into_iter().chain(["later", ""]) {
                let name = RowName::new(table, id);
                assert_eq!((name.table(), &*name.id().to_string()), (table, id));
            }
        }
    }

    #[test]
    fn a_name_needs_few_bytes() {
        assert!(size_of::<RowName>() <= 40);
    }

    #[test]
    fn tags_are_equal_if_their_texts_are() {
        assert_eq!(TagHash::of("a"), TagHash::of("a"));
        assert_ne!(TagHash::of("a"), TagHash::of("b"));
    }
}
