//! The cache, from which a server answers exchanges without a read of the database. It has grants
//! and signing keys. It follows the event log, which says how long they count.
//!
//! `docs/cache.md` argues why it never answers by rights that were taken away, and `simulation`
//! tests it. All decisions are in `decisions`. The rest of the cache only calls them.

pub(crate) mod decisions;
pub(crate) mod feed;
mod follow;
pub(crate) mod grants;
mod read;
pub(crate) mod ring;
#[cfg(test)]
mod simulation;
pub(crate) mod usage;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ats_pat_domain::SignInRule;
use ats_pat_domain::port::{Clock, Store};
use ats_pat_measure::Counts;
use tracing::{Instrument as _, info_span};

use crate::cache::decisions::Rules;
use crate::cache::feed::Feed;
use crate::cache::grants::{CachedGrant, Found, Grants, Known, Lane, SecretHash};
use crate::cache::ring::{Ring, RingState};
use crate::cache::usage::UsageLog;
use crate::change::Changes;
use crate::ledger::anchor::Anchor;
use crate::ledger::currency::Currency;
use crate::ledger::rows::Roots;
use crate::policy::InForce;
use crate::service::error::Error;
use crate::service::turns::Amounts;

/// Answers exchanges from memory during the lease, and otherwise from the database.
pub(crate) struct ExchangeCache {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    roots: Arc<Roots>,
    anchor: Arc<Anchor>,
    currency: Arc<Currency>,
    rules: Rules,
    policies: Arc<InForce>,
    sign_ins: Arc<[SignInRule]>,
    /// Whether no other server can use this database.
    alone: bool,
    pub(crate) feed: Feed,
    grants: Grants,
    /// How often each [`Lookup`] happened.
    lookups: Counts,
    pub(crate) ring: Ring,
    pub(crate) usage: UsageLog,
}

/// Whether an exchange may be answered from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadFrom {
    Memory,
    /// Not from memory, because the caller has just changed the grant.
    Database,
}

/// What a look into the cache gave.
#[derive(Clone, Copy)]
enum Lookup {
    Hit,
    Miss,
}

impl ExchangeCache {
    /// Creates an empty cache for the store of `changes`, with room for `entries` grants of usual
    /// size.
    pub(crate) fn new(
        changes: &Changes,
        ring: Ring,
        rules: Rules,
        policies: Arc<InForce>,
        alone: bool,
        entries: usize,
    ) -> Self {
        Self {
            store: Arc::clone(&changes.store),
            clock: Arc::clone(&changes.clock),
            roots: Arc::clone(&changes.roots),
            anchor: Arc::clone(&changes.anchor),
            currency: Arc::clone(&changes.currency),
            rules,
            policies,
            sign_ins: Arc::clone(&changes.sign_ins),
            alone,
            feed: Feed::new(),
            grants: Grants::new(entries),
            lookups: Counts::new(2),
            ring,
            usage: UsageLog::default(),
        }
    }

    /// The genuine grant of a keyed hash, also of a dead secret, and the signing keys. `lane` is
    /// the queue for the case that the database must be read.
    pub(crate) async fn grant(
        self: &Arc<Self>,
        hash: SecretHash,
        from: ReadFrom,
        lane: impl FnOnce() -> Lane + Send,
    ) -> Result<Option<Found>, Error> {
        let arrived = self.clock.since_boot();
        if from == ReadFrom::Memory
            && let Some(known) = self.remembered(&hash, arrived)
        {
            self.lookups.add(Lookup::Hit as u64);
            let ring = self.ring.followed();
            return Ok(Some(Found { known, ring }));
        }
        self.lookups.add(Lookup::Miss as u64);
        // Boxed, so that the future of an exchange from memory stays small, because it is moved
        // often.
        let read = self.read_grant(hash, arrived, from, lane());
        Box::pin(read.instrument(info_span!("exchange.read"))).await
    }

    /// How many looks into the cache were hits, and how many were misses.
    pub(crate) fn lookups(&self) -> (u64, u64) {
        let counts = self.lookups.so_far();
        let of = |lookup| counts.get(&(lookup as u64)).copied().unwrap_or_default();
        (of(Lookup::Hit), of(Lookup::Miss))
    }

    /// How many grants are cached.
    pub(crate) fn size(&self) -> u64 {
        self.grants.size()
    }

    /// The secrets that are read from the database.
    pub(crate) fn amounts(&self) -> Amounts {
        self.grants.amounts()
    }

    /// Whether exchanges may be answered from memory now.
    pub(crate) fn answers_from_memory(&self) -> bool {
        self.lease_holds(self.clock.since_boot())
    }

    fn remembered(&self, hash: &SecretHash, arrived: Duration) -> Option<Arc<Known>> {
        if !self.lease_holds(arrived) {
            return None;
        }
        self.grants.known(hash).filter(|known| self.may_use(known))
    }

    fn lease_holds(&self, at: Duration) -> bool {
        (self.rules.may_answer)(self.feed.lease.began(), at)
    }

    /// Whether the result of a read may be used. The read may have seen changes that the feed has
    /// not applied yet, and that a fail-over may lose. Or it was judged by another policy.
    fn may_use(&self, known: &Known) -> bool {
        let is_of_this_log = known.confirmed.load(Ordering::Acquire) || {
            let confirmed = self.feed.has_applied(known.grant.head);
            known.confirmed.fetch_or(confirmed, Ordering::AcqRel);
            confirmed
        };
        let is_vouched_for = known.as_of.is_some_and(|as_of| {
            let CachedGrant {
                token_id, owner_id, ..
            } = known.grant;
            self.feed
                .vouches(as_of, token_id, owner_id, &known.vouched_at)
        });
        let is_by_this_policy = self.policies.is(&known.grant.policy);
        (self.rules.may_use)(is_of_this_log, is_vouched_for, is_by_this_policy)
    }

    /// The signing keys as the database has them now.
    pub(crate) async fn fresh_ring(&self) -> Result<Arc<RingState>, Error> {
        let begun = self.clock.since_boot();
        // The version alone proves nothing, except during the lease, because the feed would have
        // noticed another log.
        if self.lease_holds(begun) {
            let version = self.store.keys().ring_version().await?;
            let followed = self.ring.followed();
            if followed.version == version {
                self.ring.confirm(begun);
                return Ok(followed);
            }
        }
        self.ring_anew().await
    }

    /// Reads the signing keys, even if the version in memory is the same.
    async fn ring_anew(&self) -> Result<Arc<RingState>, Error> {
        let begun = self.clock.since_boot();
        let read = self.ring.read_anew().await?;
        self.ring.confirm(begun);
        Ok(read)
    }
}
