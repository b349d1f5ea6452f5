//! The lines of an archive. Each is a JSON object:
//!
//! 1. the header,
//! 2. each event,
//! 3. the trailer,
//! 4. the tag: a keyed hash over all lines before.

use std::borrow::Cow;

use ats_pat_domain::event::Head;
use ats_pat_domain::tagged::KeyId;
use ats_pat_domain::{Event, EventId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::ledger::rows::{hex, of_hex};

pub(super) const FORMAT: &str = "ats-pat-archive";
pub(super) const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Header {
    pub(super) format: String,
    pub(super) version: u32,
    /// The root key of the tag.
    pub(super) key_id: i32,
    /// When the archive was made. It is for people.
    pub(super) made_at: String,
    /// The event before the first one.
    pub(super) after: Link,
}

/// An event's number and chain hash.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Link {
    seq: i64,
    hash: String,
}

/// An event's number and id.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Name {
    pub(crate) seq: i64,
    pub(crate) id: EventId,
}

/// An event without its personal part.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Entry<'a> {
    seq: i64,
    id: EventId,
    version: i16,
    at: String,
    #[serde(borrow)]
    actor: Cow<'a, str>,
    owner: Option<UserId>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    /// JSON as text, because the chain covers each byte of it.
    #[serde(borrow)]
    details: Cow<'a, str>,
    personal_hash: Option<String>,
    key_id: i32,
    hash: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Trailer {
    /// How many events the archive has.
    pub(super) events: u64,
    pub(super) first: Name,
    pub(super) last: Name,
    /// The event before the first one.
    pub(super) after: Link,
    /// The last event, after which the next archive begins.
    pub(super) end: Link,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) tag: String,
}

impl Link {
    pub(super) fn to(head: Head) -> Self {
        Self {
            seq: head.seq,
            hash: hex(&head.hash),
        }
    }

    pub(super) fn head(&self) -> Option<Head> {
        Some(Head {
            seq: self.seq,
            hash: of_hex(&self.hash)?,
        })
    }
}

impl<'a> Entry<'a> {
    /// `None` if the details are no text. No service writes such an event.
    pub(super) fn of(event: &'a Event) -> Option<Self> {
        Some(Self {
            seq: event.seq,
            id: event.id,
            version: event.version,
            at: event.at.to_string(),
            actor: event.actor.as_str().into(),
            owner: event.owner,
            kind: event.kind.as_str().into(),
            subject: event.subject.as_str().into(),
            details: str::from_utf8(&event.details).ok()?.into(),
            personal_hash: event.personal_hash.as_ref().map(|hash| hex(hash)),
            key_id: event.key_id.0,
            hash: hex(&event.hash),
        })
    }

    /// `None` if a field is not as [`of`](Self::of) wrote it.
    pub(super) fn event(self) -> Option<Event> {
        let personal_hash = match self.personal_hash {
            Some(digits) => Some(of_hex(&digits)?),
            None => None,
        };
        Some(Event {
            seq: self.seq,
            id: self.id,
            version: self.version,
            at: Timestamp::parse(&self.at).ok()?,
            actor: self.actor.into_owned(),
            owner: self.owner,
            kind: self.kind.into_owned(),
            subject: self.subject.into_owned(),
            details: self.details.into_owned().into_bytes(),
            personal_hash,
            key_id: KeyId(self.key_id),
            hash: of_hex(&self.hash)?,
            personal: None,
        })
    }
}
