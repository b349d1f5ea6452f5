//! Follows the event log, so that answers from memory end when rights do.
//!
//! A server may answer an exchange from its cache only while it has a lease: its last complete poll
//! of the event log began less than [`LEASE`](super::decisions::LEASE) ago. A change that takes
//! rights away is answered only [`SETTLED_AFTER`] after its commit. So once a revocation is
//! acknowledged, every valid lease comes from a poll that began after the commit, and that poll saw
//! the revocation's event. `docs/cache.md` has the whole argument.
//!
//! Reads and polls go to the primary. Each poll reads the last known event again, as the end of the
//! log or before the new events. If another event, or none, has its number, the log went back. Then
//! the server gives up everything in memory.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::Head;
use tracing::{Instrument as _, info_span};

use crate::cache::ExchangeCache;
use crate::cache::decisions::SETTLED_AFTER;
use crate::cache::grants::Known;
use crate::cache::ring::RingState;
use crate::change::Taken;
use crate::ledger::pruned::is_pruned;
use crate::ledger::{Details, follows};
use crate::service::error::{Error, causes};

/// How often the event log is polled.
const POLL_EVERY: Duration = Duration::from_millis(50);
/// How many events are read at once.
const BATCH: u64 = 1000;

impl ExchangeCache {
    /// Polls the event log until `shutdown` is ready.
    pub(crate) async fn follow(&self, shutdown: impl Future<Output = ()> + Send) {
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
            match self.poll().await {
                Ok(()) => failing = false,
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(cause = %causes(&error), "the event log can't be followed: every exchange asks the database");
                }
                Err(_) => {}
            }
        }
    }

    /// Waits until no server answers from before a change that took this away. A server that is
    /// alone on its database doesn't wait for others: it has only to apply the change itself.
    pub(crate) async fn settle(&self, taken: Taken) {
        if !(self.rules.must_wait)(taken) {
            return;
        }
        let span = info_span!("change.settle");
        self.wait_for_servers().instrument(span).await;
    }

    async fn wait_for_servers(&self) {
        if self.alone {
            match self.poll().await {
                Ok(()) => return,
                Err(error) => {
                    tracing::debug!(cause = %causes(&error), "the change is waited out");
                }
            }
        }
        tokio::time::sleep(SETTLED_AFTER).await;
    }

    /// Waits until no server answers by a secret that this one took the place of. The first
    /// exchange with it may have ended them just now, and not be answered yet.
    pub(crate) async fn settle_first_use(&self, known: &Known) {
        let Some(at) = known.settles_at else {
            return;
        };
        let wait = at.saturating_sub(self.clock.since_boot());
        if wait.is_zero() || self.alone && self.poll().await.is_ok() {
            return;
        }
        tokio::time::sleep(wait).await;
    }

    /// Applies the new events, and renews the lease.
    async fn poll(&self) -> Result<(), Error> {
        let (feed, rules) = (&self.feed, &self.rules);
        // One poll at a time, so that a later poll also began later.
        let mut head = feed.head.lock().await;
        let begun = self.clock.since_boot();
        let Some(known) = *head else {
            return self.begin_anew(&mut head, begun).await;
        };
        let end = self.store.vital().events().head().await?;
        if end == known {
            // So it is nearly always, and told by one short row. The policy in memory is judged
            // without the database.
            self.follow_policy(known).await?;
            feed.lease.renew(begun);
            return Ok(());
        }
        let mut last = known;
        let mut keys_changed = false;
        let mut ring: Option<Arc<RingState>> = None;
        loop {
            let first = (rules.polls_from)(last);
            let events = self.store.vital().events().from(first, BATCH).await?;
            let Some(newer) = (rules.newer)(last, &events) else {
                if is_pruned(&*self.store, &self.roots, last).await? {
                    return self.begin_after_removal(&mut head, begun).await;
                }
                tracing::error!(
                    seq = last.seq,
                    "the event log lacks what was seen before: was the database restored, or did a server take over that lacks changes?"
                );
                feed.lease.end();
                self.anchor.saw(last);
                self.anchor.lose();
                self.judge_rows_anew();
                return self.begin_anew(&mut head, begun).await;
            };
            for event in newer {
                if !follows(&self.roots, &last, event) {
                    if is_pruned(&*self.store, &self.roots, last).await? {
                        return self.begin_after_removal(&mut head, begun).await;
                    }
                    feed.lease.end();
                    *head = None;
                    return Err(Error::altered_event(event.seq));
                }
                let details = Details::of(event);
                keys_changed |= feed.apply(event, details.as_ref());
                feed.note_lag(event.at, self.clock.now());
                if !self.currency.offer(last, event, details.as_ref()) {
                    self.judge_rows_anew();
                }
                last = event.head();
                feed.note_applied(last);
                // A rotation counts as seen only after the signing keys were read, so an
                // interrupted poll is repeated.
                *head = (!keys_changed && ring.is_none()).then_some(last);
            }
            if (events.len() as u64) == BATCH {
                continue;
            }
            // The read of the keys may have seen events that the feed will apply next, or events
            // that a fail-over loses.
            let is_of_this_log = |ring: &Arc<RingState>| {
                (rules.ring_is_of_this_log)(ring.head, last, feed.has_applied(ring.head))
            };
            let changed = std::mem::take(&mut keys_changed);
            if (rules.must_read_ring)(changed, ring.as_ref().map(is_of_this_log)) {
                ring = Some(self.ring_anew().await?);
            }
            if ring.as_ref().is_none_or(is_of_this_log) {
                break;
            }
        }
        if last.seq < end.seq {
            // The counter row names an event that doesn't exist.
            feed.lease.end();
            return Err(Error::altered_event(end.seq));
        }
        // The events count as seen only after the policy of this log is known.
        *head = None;
        self.follow_policy(last).await?;
        if let Some(ring) = ring {
            self.ring.follow(ring);
        }
        *head = Some(last);
        self.anchor.saw(last);
        feed.lease.renew(begun);
        Ok(())
    }

    /// Begins anew, because this server stood still until the next events were removed.
    async fn begin_after_removal(
        &self,
        head: &mut Option<Head>,
        begun: Duration,
    ) -> Result<(), Error> {
        tracing::info!("this server stood still until events that it had not seen were removed");
        self.feed.lease.end();
        self.judge_rows_anew();
        self.begin_anew(head, begun).await
    }

    /// Reads the log again from its start, for the judgement of rows. Nobody would ask for that as
    /// long as the log is no longer than the one before, and no change could grant anything.
    fn judge_rows_anew(&self) {
        let currency = Arc::clone(&self.currency);
        tokio::spawn(async move {
            if let Err(error) = currency.follow_anew().await {
                tracing::debug!(cause = %causes(&error), "the log that went back is read when it is needed");
            }
        });
    }

    /// Gives up everything in memory, and goes on from the current end of the log.
    async fn begin_anew(&self, known: &mut Option<Head>, begun: Duration) -> Result<(), Error> {
        *known = None;
        self.feed.lease.end();
        let ring = self.ring_anew().await?;
        let head = ring.head;
        self.feed.begin_anew(head);
        self.follow_policy(head).await?;
        self.ring.follow(ring);
        *known = Some(head);
        self.feed.lease.renew(begun);
        Ok(())
    }

    /// Makes sure that answers from memory follow the policy at the end of this log.
    async fn follow_policy(&self, head: Head) -> Result<(), Error> {
        if (self.rules.must_read_policy)(self.policies.source()) {
            self.policies.at(head).await?;
        }
        Ok(())
    }
}
