//! The events about the rows, chained in the same way as the service does.

use ats_pat_auth::{Canonical, ChainHash, Origin, RootKeys, RowTag};
use uuid::Uuid;

use super::rows::{Row, Table, Value};

pub const EVENTS: Table = Table {
    name: "events",
    columns: &[
        "seq",
        "id",
        "version",
        "at",
        "actor",
        "owner",
        "kind",
        "subject",
        "details",
        "personal_hash",
        "key_id",
        "hash",
    ],
};

/// The format of an event's details.
const VERSION: i64 = 2;

/// The end of a log.
#[derive(Clone)]
pub struct Head {
    pub seq: i64,
    pub hash: [u8; ChainHash::LENGTH],
}

/// The content of an event, without its place in the chain.
pub struct Event {
    pub origin: Origin,
    pub at: i64,
    pub actor: String,
    pub owner: Uuid,
    pub kind: &'static str,
    pub subject: String,
    /// The details of the event, as a JSON object.
    pub details: String,
}

impl Event {
    /// Its row, as the one that follows `head`. Then `head` is this event's.
    pub fn row(self, head: &mut Head, keys: &RootKeys) -> Row {
        let seq = self.origin.seq;
        let key_id = i64::from(keys.key_id());
        let canonical = Canonical::new(EVENTS.name)
            .i64(seq)
            .uuid(&self.origin.event)
            .i64(VERSION)
            .i64(self.at)
            .text(&self.actor)
            .optional_uuid(Some(self.owner.as_bytes()))
            .text(self.kind)
            .text(&self.subject)
            .bytes(self.details.as_bytes())
            .optional_bytes(None)
            .i64(key_id);
        let before = ChainHash::from_bytes(&head.hash).unwrap_or(ChainHash::GENESIS);
        *head = Head {
            seq,
            hash: before.next(keys, &canonical).to_bytes(),
        };
        vec![
            Value::Number(seq),
            Value::Uuid(Uuid::from_bytes(self.origin.event)),
            Value::Number(VERSION),
            Value::Number(self.at),
            Value::Text(self.actor),
            Value::Uuid(self.owner),
            Value::Text(self.kind.to_owned()),
            Value::Text(self.subject),
            Value::Bytes(self.details.into_bytes()),
            Value::Null,
            Value::Number(key_id),
            Value::Bytes(head.hash.to_vec()),
        ]
    }
}

/// What an event's details say about a row that its change wrote. `replaces` is a JSON object.
pub fn written(table: &Table, id: &str, tag: &RowTag, replaces: Option<&str>) -> String {
    let tag = hex(tag.hash());
    said(table.name, id, Some(&tag), replaces)
}

/// The same for a row that its change removed.
pub fn removed(table: &str, id: &str, replaces: &str) -> String {
    said(table, id, None, Some(replaces))
}

/// The same for a new row of which only the event is left.
pub fn gone(table: &str, id: &str, tag: &[u8; 32]) -> String {
    said(table, id, Some(&hex(tag)), None)
}

fn said(table: &str, id: &str, tag: Option<&str>, replaces: Option<&str>) -> String {
    let replaces = replaces.map_or_else(String::new, |it| format!(r#""Replaces":{it},"#));
    let tag = tag.map_or_else(|| "null".to_owned(), |tag| format!(r#""{tag}""#));
    format!(r#"{{"Id":"{id}",{replaces}"Table":"{table}","Tag":{tag}}}"#)
}

/// Bytes in lower-case hexadecimal, as tags are written.
pub fn hex(bytes: &[u8; 32]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}
