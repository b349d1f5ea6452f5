//! Following the event log, so that answers from memory end when rights do.
//!
//! A server may answer an exchange from its cache only while its lease holds: while its last complete poll of the event
//! log began less than [`LEASE`] ago. Whoever takes rights away answers only [`SETTLED_AFTER`] after the change was
//! committed. So, once a revocation was acknowledged, every lease that holds stems from a poll that began after the
//! commit, and such a poll saw its event. `docs/architecture.md` has the whole argument.
//!
//! Reads and polls go to the primary, and each poll asks for the last event that it knows once more, as the log's end or
//! before what came after it: another one there, or none, tells of a log that went back, and then everything in memory is
//! given up.

mod lease;
mod position;
mod stamps;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_domain::{Event, TokenId, UserId};
use tokio::sync::Mutex;

use crate::cache::feed::lease::Lease;
use crate::cache::feed::position::Position;
use crate::cache::feed::stamps::Stamps;
use crate::cache::guards::Guard;
use crate::cache::ring::RingState;
use crate::ledger::{Details, WrittenRow, expected_hash};
use crate::service::Service;
use crate::service::error::{Error, causes};

pub(crate) use position::AsOf;

/// For how long a poll of the event log lets a server answer from memory. Every server of a deployment goes by the
/// same: a constant of the release.
pub(crate) const LEASE: Duration = Duration::from_millis(200);
/// How long after its commit a change that takes rights away is acknowledged: every lease from before has ended, with a
/// quarter to spare for clocks that run at different speeds.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_millis(250);
/// How often the event log is polled.
const POLL_EVERY: Duration = Duration::from_millis(50);
/// How many events are read at once.
const BATCH: u64 = 1000;
/// How many of the last events are remembered by their hashes.
const RECENT: usize = 1024;

/// What this server knows of the event log, and for how long it may rely on it.
pub(crate) struct Feed {
    lease: Lease,
    position: Position,
    stamps: Stamps,
    /// The last events that were applied, the newest last.
    recent: RwLock<VecDeque<Head>>,
    /// The last event that was applied; `None` before the first poll and after the log went back.
    head: Mutex<Option<Head>>,
}

impl Feed {
    pub(crate) fn new() -> Self {
        Self {
            lease: Lease::none(),
            position: Position::new(),
            stamps: Stamps::new(),
            recent: RwLock::default(),
            head: Mutex::default(),
        }
    }

    /// Where the feed stands: to be asked before a row is read that is to be kept.
    pub(crate) fn as_of(&self) -> Option<AsOf> {
        self.position.now()
    }

    /// Whether what was read when the feed stood at `as_of` still holds for a token and its owner: nothing that
    /// concerns them was applied since. `vouched_at` remembers for the next question where the feed stood at this one:
    /// while it stands there nothing at all was applied.
    pub(crate) fn vouches(
        &self,
        as_of: AsOf,
        token: TokenId,
        owner: UserId,
        vouched_at: &AtomicI64,
    ) -> bool {
        // Before the stamps are looked at: what is applied meanwhile has another number.
        let stands_at = self.position.seq();
        let is_known = vouched_at.load(Ordering::Relaxed) == stands_at;
        let vouches = is_known
            || (self.stamps.none_after(as_of, token.as_uuid())
                && self.stamps.none_after(as_of, owner.as_uuid()));
        // After they were looked at: another log begins by clearing them.
        if !vouches || !self.position.is_same_log(as_of) {
            return false;
        }
        if !is_known {
            vouched_at.store(stands_at, Ordering::Relaxed);
        }
        true
    }

    /// Whether an event was applied lately: what was read when the log ended with it is of this log, and not of one that
    /// a fail-over lost.
    pub(crate) fn has_applied(&self, head: Head) -> bool {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        recent.iter().rev().any(|applied| *applied == head)
    }

    fn note_applied(&self, head: Head) {
        let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT {
            recent.pop_front();
        }
        recent.push_back(head);
    }

    /// Whether answers from memory count at `since_boot`.
    pub(crate) fn lease_holds(&self, since_boot: Duration) -> bool {
        self.lease.holds(since_boot)
    }
}

impl Service {
    /// Polls the event log until `shutdown` is ready.
    pub async fn run_feed(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut ticks = tokio::time::interval(POLL_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => return,
                _ = ticks.tick() => {}
            }
            match self.poll_feed().await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(cause = %causes(&error), "the event log can't be followed: every exchange asks the database");
                }
                Err(_) => {}
            }
        }
    }

    /// Applies what happened since the last poll, and renews the lease.
    pub(crate) async fn poll_feed(&self) -> Result<(), Error> {
        let feed = &self.inner.feed;
        // One at a time, so that a later poll is one that began later.
        let mut head = feed.head.lock().await;
        let begun = self.inner.changes.clock.since_boot();
        let Some(known) = *head else {
            return self.begin_anew(&mut head, begun).await;
        };
        let end = self.store().events().head().await?;
        if end == known {
            // So it is nearly always, and told by one short row.
            feed.lease.renew(begun);
            return Ok(());
        }
        let mut last = known;
        let mut keys_changed = false;
        let mut ring: Option<Arc<RingState>> = None;
        loop {
            let events = self.events_from(last).await?;
            let Some(newer) =
                following(last, &events, self.inner.guards.stand(Guard::InclusivePoll))
            else {
                tracing::error!(
                    seq = last.seq,
                    "the event log lacks what was seen before: was the database restored, or did a server take over that lacks changes?"
                );
                feed.lease.end();
                self.inner.changes.anchor.saw(last);
                self.inner.changes.anchor.lose();
                return self.begin_anew(&mut head, begun).await;
            };
            for event in newer {
                let genuine =
                    expected_hash(self.roots(), &last, event).is_ok_and(|hash| hash == event.hash);
                if event.seq != last.seq + 1 || !genuine {
                    feed.lease.end();
                    *head = None;
                    return Err(Error::Tampered {
                        table: "events",
                        id: event.seq.to_string(),
                    });
                }
                let details = Details::of(event);
                keys_changed |= feed.apply(event, details.as_ref());
                self.currency().offer(last, event, details.as_ref());
                last = Head {
                    seq: event.seq,
                    hash: event.hash,
                };
                feed.note_applied(last);
                // Until the ring was read a rotation does not count as seen: a poll that breaks off is begun anew.
                *head = (!keys_changed && ring.is_none()).then_some(last);
            }
            if (events.len() as u64) == BATCH {
                continue;
            }
            let is_due =
                std::mem::take(&mut keys_changed) && self.inner.guards.stand(Guard::RingFirst);
            // Older than what was applied: it came from a server that is the primary no more.
            let is_foreign = |ring: &Arc<RingState>| {
                self.inner.guards.stand(Guard::RingOfThisLog)
                    && (ring.head.seq < last.seq || !feed.has_applied(ring.head))
            };
            if is_due || ring.as_ref().is_some_and(is_foreign) {
                ring = Some(self.ring_anew().await?);
            }
            // What the read saw may be ahead, and then is applied next; or it was lost, and then is not.
            if !ring.as_ref().is_some_and(is_foreign) {
                break;
            }
        }
        if last.seq < end.seq {
            // The counter row names an event that is not there.
            feed.lease.end();
            return Err(Error::Tampered {
                table: "events",
                id: end.seq.to_string(),
            });
        }
        if let Some(ring) = ring {
            self.inner.ring.follow(ring);
        }
        *head = Some(last);
        self.inner.changes.anchor.saw(last);
        feed.lease.renew(begun);
        Ok(())
    }

    /// Gives up everything in memory, and goes on from the log's end as it is now.
    async fn begin_anew(&self, known: &mut Option<Head>, begun: Duration) -> Result<(), Error> {
        let feed = &self.inner.feed;
        *known = None;
        feed.lease.end();
        let ring = self.ring_anew().await?;
        let head = ring.head;
        feed.position.begin_anew(head.seq, || {
            feed.stamps.clear();
            feed.recent
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .clear();
        });
        feed.note_applied(head);
        self.inner.ring.follow(ring);
        *known = Some(head);
        feed.lease.renew(begun);
        Ok(())
    }

    async fn events_from(&self, last: Head) -> Result<Vec<Event>, Error> {
        let first = if self.inner.guards.stand(Guard::InclusivePoll) {
            last.seq.max(1)
        } else {
            last.seq + 1
        };
        Ok(self.store().events().from(first, BATCH).await?)
    }
}

impl Feed {
    /// Notes whom an event concerns; says whether it is about signing keys.
    fn apply(&self, event: &Event, details: Option<&Details<'_>>) -> bool {
        let about_keys = if let Some(details) = details {
            for row in &details.rows {
                self.raise_for(row, event.seq);
            }
            details.rows.iter().any(|row| row.table == "signing_keys")
        } else {
            // What can't be read may concern everybody.
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

/// The events behind the last one that is known; `None` where another one, or none, stands in its place.
fn following(last: Head, events: &[Event], inclusive: bool) -> Option<&[Event]> {
    if last.seq == 0 || !inclusive {
        return Some(events);
    }
    let (first, newer) = events.split_first()?;
    ((first.seq, first.hash) == (last.seq, last.hash)).then_some(newer)
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

    /// Whether a grant that was read before the event still holds, and whether keys have to be read.
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
    fn an_event_ends_what_was_read_of_the_rows_it_names() {
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
    fn an_event_that_cant_be_read_ends_everything() {
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
