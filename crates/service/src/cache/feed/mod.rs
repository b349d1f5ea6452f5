//! What this server knows of the event log: the last applied event, the tokens and users that
//! events were about, and the lease.

mod lease;
mod position;
mod stamps;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_domain::{Event, Timestamp, TokenId, UserId};
use ats_pat_measure::{Measured, Times};
use parking_lot::RwLock;
use tokio::sync::Mutex;

use crate::cache::feed::lease::Lease;
use crate::cache::feed::position::Position;
use crate::cache::feed::stamps::Stamps;
use crate::ledger::{Details, WrittenRow};

pub(crate) use position::AsOf;

/// How many of the last events are remembered by their hashes.
const RECENT: usize = 1024;

/// What this server knows of the event log, and how long it may rely on it.
pub(crate) struct Feed {
    pub(super) lease: Lease,
    position: Position,
    stamps: Stamps,
    /// The last applied events, the newest last.
    recent: RwLock<VecDeque<Head>>,
    /// The last applied event. `None` before the first poll, and after the log went back.
    pub(super) head: Mutex<Option<Head>>,
    /// How long after their time events were applied.
    lag: Times,
    /// The time of the newest event that was seen, in milliseconds. 0 before the first one.
    last_event_at: AtomicI64,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self {
            lease: Lease::none(),
            position: Position::new(),
            stamps: Stamps::new(),
            recent: RwLock::default(),
            head: Mutex::default(),
            lag: Times::new(Times::LONG),
            last_event_at: AtomicI64::new(0),
        }
    }

    /// Notes that an event of this time was applied at `now`. The times may be of two machines.
    pub(super) fn note_lag(&self, at: Timestamp, now: Timestamp) {
        self.lag.note(now.since(at));
        self.saw_event_at(at);
    }

    /// Notes that the log has an event of this time.
    pub(crate) fn saw_event_at(&self, at: Timestamp) {
        let at = at.as_millis();
        self.last_event_at.fetch_max(at, Ordering::Relaxed);
    }

    /// The time of the newest event that was seen.
    pub(crate) fn last_event_at(&self) -> Option<Timestamp> {
        let at = self.last_event_at.load(Ordering::Relaxed);
        (at > 0).then(|| Timestamp::from_millis(at))
    }

    /// How long after their time events were applied.
    pub(crate) fn lag(&self) -> Measured {
        self.lag.so_far()
    }

    /// How long before `now` the poll of the lease began.
    pub(crate) fn lease_age(&self, now: Duration) -> Option<Duration> {
        Some(now.saturating_sub(self.lease.began()?))
    }

    /// The position of the feed. Get it before you read a row that will be cached.
    pub(crate) fn as_of(&self) -> Option<AsOf> {
        self.position.now()
    }

    /// Whether rows of a token and its owner that were read at `as_of` are still the same, because
    /// no later event was about them. `vouched_at` remembers the position of the feed for the next
    /// call. If it is the same then, nothing at all was applied.
    pub(crate) fn vouches(
        &self,
        as_of: AsOf,
        token: TokenId,
        owner: UserId,
        vouched_at: &AtomicI64,
    ) -> bool {
        // This is read before the stamps. An event that is applied in the meantime has a higher
        // number.
        let stands_at = self.position.seq();
        let is_known = vouched_at.load(Ordering::Relaxed) == stands_at;
        let vouches = is_known
            || (self.stamps.none_after(as_of, token.as_uuid())
                && self.stamps.none_after(as_of, owner.as_uuid()));
        // This is checked after the stamps, because another log begins by clearing them.
        if !vouches || !self.position.is_same_log(as_of) {
            return false;
        }
        if !is_known {
            vouched_at.store(stands_at, Ordering::Relaxed);
        }
        true
    }

    /// Whether an event was applied lately. If so, a read that found it as the end of the log
    /// belongs to this log, and not to one that a fail-over lost.
    pub(crate) fn has_applied(&self, head: Head) -> bool {
        let recent = self.recent.read();
        recent.iter().rev().any(|applied| *applied == head)
    }

    pub(super) fn note_applied(&self, head: Head) {
        let mut recent = self.recent.write();
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(head);
    }

    /// Starts again with another log that ends with `head`. Nothing from before counts in it.
    pub(super) fn begin_anew(&self, head: Head) {
        self.position.begin_anew(head.seq, || {
            self.stamps.clear();
            self.recent.write().clear();
        });
        self.note_applied(head);
    }

    /// Notes whom an event is about. Returns whether it is about signing keys.
    pub(super) fn apply(&self, event: &Event, details: Option<&Details<'_>>) -> bool {
        let about_keys = if let Some(details) = details {
            for row in &details.rows {
                self.raise_for(row, event.seq);
            }
            details.rows.iter().any(|row| row.table == "signing_keys")
        } else {
            // Details that can't be read may be about anybody.
            self.stamps.raise_all(event.seq);
            true
        };
        self.position.advance(event.seq);
        about_keys
    }

    fn raise_for(&self, row: &WrittenRow<'_>, seq: i64) {
        let id = match &*row.table {
            "tokens" | "users" => &*row.id,
            "secrets" => row.id.split('/').next().unwrap_or_default(),
            _ => return,
        };
        match id.parse() {
            Ok(id) => self.stamps.raise(id, seq),
            Err(_) => self.stamps.raise_all(seq),
        }
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::tagged::KeyId;
    use ats_pat_domain::{EventId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::ledger;

    const TOKEN: &str = "0193f2a0-7b1c-7d2e-8f00-0123456789ab";
    const OWNER: &str = "0193f2a0-7b1c-7d2e-8f00-00000000cdef";

    fn event(version: i16, details: &str) -> Event {
        Event {
            seq: 7,
            id: EventId::from_uuid(Uuid::nil()),
            version,
            at: Timestamp::from_millis(0),
            actor: String::new(),
            owner: None,
            kind: String::new(),
            subject: String::new(),
            details: details.as_bytes().to_vec(),
            personal_hash: None,
            key_id: KeyId(1),
            hash: [0; 33],
            personal: None,
        }
    }

    /// Whether a grant that was read before the event still counts, and whether the keys must be
    /// read.
    fn effect(version: i16, details: &str) -> (bool, bool) {
        let feed = Feed::new();
        feed.position.begin_anew(6, || {});
        let before = feed.as_of().unwrap();
        let event = event(version, details);
        let about_keys = feed.apply(&event, Details::of(&event).as_ref());
        let (token, owner) = (TOKEN.parse().unwrap(), OWNER.parse().unwrap());
        let vouched_at = AtomicI64::new(6);
        let vouches = feed.vouches(before, token, owner, &vouched_at);
        (vouches, about_keys)
    }

    #[test]
    fn an_event_ends_grants_that_were_read_from_the_rows_it_names() {
        let row = |table: &str, id: &str| {
            let details =
                format!(r#"{{"Choice":1,"Rows":[{{"Table":"{table}","Id":"{id}","Tag":"00"}}]}}"#);
            effect(ledger::VERSION, &details)
        };
        assert_eq!(row("tokens", TOKEN), (false, false));
        assert_eq!(row("secrets", &format!("{TOKEN}/3")), (false, false));
        assert_eq!(row("users", OWNER), (false, false));
        assert_eq!(row("users", "not an id"), (false, false));
        assert_eq!(row("tokens", OWNER.trim_end_matches('f')), (false, false));
        let another = "0193f2a0-7b1c-7d2e-8f00-111111111111";
        assert_eq!(row("tokens", another), (true, false));
        assert_eq!(row("sessions", TOKEN), (true, false));
        assert_eq!(row("signing_keys", "kid"), (true, true));
        assert_eq!(effect(ledger::VERSION, "{}"), (true, false));
    }

    #[test]
    fn an_event_that_cant_be_read_ends_all_grants() {
        for (version, details) in [
            (ledger::VERSION + 1, r#"{"Rows":[]}"#),
            (ledger::VERSION, r#"{"Rows":{}}"#),
            (ledger::VERSION, r#"{"Rows":[{"Table":"tokens"}]}"#),
            (ledger::VERSION, "tokens"),
        ] {
            assert_eq!(effect(version, details), (false, true), "{details}");
        }
    }
}
