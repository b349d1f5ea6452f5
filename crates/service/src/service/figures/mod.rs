//! What a server tells of its work, for operators: sums, levels and durations.

pub(crate) mod noted;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use ats_pat_domain::list::EventFilter;
use ats_pat_domain::port::{StoreFigures, TokenCounts};
use ats_pat_domain::{Code, Timestamp};
use ats_pat_measure::Measured;

use crate::service::Service;
use crate::service::error::{Error, causes};
use crate::service::work::WorkFigures;

/// How often tokens are counted.
const COUNT_EVERY: Duration = Duration::from_mins(5);
/// How many tokens one statement counts.
const COUNTED_AT_ONCE: u64 = 20_000;
/// A token expires soon if it expires within this time.
const SOON: Duration = Duration::from_hours(7 * 24);

/// The figures of a server since its start. Reading them asks the database nothing.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Exchanges by their outcome, at the API and at the OAuth endpoint.
    pub exchanges: Vec<(Code, u64)>,
    /// Sign-ins by their outcome.
    pub sign_ins: Vec<(Code, u64)>,
    /// Refusals by a limit, by the name of the limit.
    pub limited: Vec<(&'static str, u64)>,
    /// Secrets that were found in the cache.
    pub cache_hits: u64,
    /// Secrets for which the database was asked.
    pub cache_misses: u64,
    /// How many grants the cache has.
    pub cached_grants: u64,
    /// How long ago the poll of the current lease began. `None` without a lease.
    pub lease_age: Option<Duration>,
    /// Whether exchanges may be answered from memory now.
    pub lease_holds: bool,
    /// The number of the last event that this server knows.
    pub log_head: i64,
    /// The time of the last event that this server knows, if it knows one.
    pub last_event_at: Option<Timestamp>,
    /// How long after their time events were applied here.
    pub feed_lag: Measured,
    /// Whether the event log lacks what this server saw before.
    pub log_is_lost: bool,
    /// How many rows were found that differ from the event log.
    pub differing_rows: u64,
    /// The work of each class.
    pub work: Vec<WorkFigures>,
    /// Changes that wait for their turn, or have it.
    pub changes_under_way: i64,
    /// Changes by their outcome.
    pub changes: Vec<(Code, u64)>,
    /// How long COMMIT took.
    pub commits: Measured,
    /// The tokens by status. `None` until they were counted.
    pub tokens: Option<TokenCounts>,
    /// The database's connections and statements.
    pub store: StoreFigures,
}

impl Service {
    /// The figures so far.
    pub fn figures(&self) -> Figures {
        let inner = &self.inner;
        let (cache, changes) = (&inner.cache, &inner.changes);
        let now = changes.clock.since_boot();
        let (cache_hits, cache_misses) = cache.lookups();
        Figures {
            exchanges: inner.noted.exchanges.so_far(),
            sign_ins: inner.noted.sign_ins.so_far(),
            limited: inner.limits.limited(),
            cache_hits,
            cache_misses,
            cached_grants: cache.size(),
            lease_age: cache.feed.lease_age(now),
            lease_holds: cache.answers_from_memory(),
            log_head: changes.anchor.head().seq,
            last_event_at: cache.feed.last_event_at(),
            feed_lag: cache.feed.lag(),
            log_is_lost: changes.anchor.is_lost(),
            differing_rows: inner.findings.count() as u64,
            work: self.work_figures(),
            changes_under_way: changes.noted.under_way.now(),
            changes: changes.noted.outcomes.so_far(),
            commits: changes.noted.commits.so_far(),
            tokens: *inner.noted.tokens.lock(),
            store: self.store().figures(),
        }
    }

    /// Counts the tokens now and every five minutes, until `shutdown` is ready. Only a server that
    /// somebody watches has to do this.
    pub async fn run_count(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut ticks = tokio::time::interval(COUNT_EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                _ = ticks.tick() => {}
            }
            let counted = tokio::select! {
                () = &mut shutdown => return,
                counted = self.count_tokens() => counted,
            };
            if let Err(error) = counted {
                tracing::warn!(cause = %causes(&error), "tokens could not be counted");
            }
        }
    }

    /// Counts all tokens in parts, and notes the time of the last event.
    async fn count_tokens(&self) -> Result<(), Error> {
        let newest = EventFilter {
            limit: 1,
            ..EventFilter::default()
        };
        if let Some(event) = self.store().events().newest(&newest).await?.first() {
            self.inner.cache.feed.saw_event_at(event.at);
        }
        let now = self.now();
        let (mut counts, mut after) = (TokenCounts::default(), None);
        loop {
            let tokens = self.store().tokens();
            let part = tokens.count_by_status(after, COUNTED_AT_ONCE, now, now.after(SOON));
            let (part, last) = part.await?;
            counts = counts.and(part);
            after = last;
            if after.is_none() {
                break;
            }
        }
        *self.inner.noted.tokens.lock() = Some(counts);
        Ok(())
    }
}
