//! Reads grants for exchanges, many in one statement.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Problem;
use tracing::{Instrument as _, Span};

use crate::cache::decisions::SETTLED_AFTER;
use crate::cache::grants::{CachedGrant, Found, Known, Lane, Load, SecretHash};
use crate::cache::ring::RingState;
use crate::cache::{ExchangeCache, ReadFrom};
use crate::ledger::currency::{ATTEMPTS, Doubt};
use crate::ledger::verified_grant::VerifiedGrant;
use crate::service::error::{Error, causes};

impl ExchangeCache {
    pub(super) async fn read_grant(
        self: &Arc<Self>,
        hash: SecretHash,
        arrived: Duration,
        from: ReadFrom,
        lane: Lane,
    ) -> Result<Option<Found>, Error> {
        let known = match from {
            ReadFrom::Memory => self.read(lane, hash, arrived).await?,
            ReadFrom::Database => self.ask(lane, hash, arrived)?.wait().await?,
        };
        let Some(known) = known else {
            return Ok(None);
        };
        let ring = self.ring_of(&known.grant, arrived).await?;
        Ok(Some(Found { known, ring }))
    }

    /// The signing keys at the time of the read, or later.
    async fn ring_of(
        &self,
        grant: &CachedGrant,
        arrived: Duration,
    ) -> Result<Arc<RingState>, Error> {
        let followed = self.ring.followed();
        if followed.version == grant.ring_version && self.lease_holds(arrived) {
            return Ok(followed);
        }
        // The version alone proves nothing: a fail-over may have lost the version that was read,
        // and given its number to another rotation.
        let is_it =
            |state: &RingState| (state.version, state.head) == (grant.ring_version, grant.head);
        self.ring.last_or_read(is_it).await
    }

    /// Reads the grant, together with others that requests wait for.
    async fn read(
        self: &Arc<Self>,
        lane: Lane,
        hash: SecretHash,
        arrived: Duration,
    ) -> Result<Option<Arc<Known>>, Error> {
        let load = self.ask(lane, hash, (self.rules.joins_from)(arrived))?;
        let known = load.wait().await?;
        let may_use = known.as_ref().is_some_and(|known| self.may_use(known));
        if (self.rules.may_take)(load.begins_at_or_after(arrived), may_use) {
            return Ok(known);
        }
        self.ask(lane, hash, arrived)?.wait().await
    }

    /// Returns a read of this grant whose statement is sent at `earliest` or later.
    fn ask(
        self: &Arc<Self>,
        lane: Lane,
        hash: SecretHash,
        earliest: Duration,
    ) -> Result<Arc<Load>, Error> {
        let reads = self.grants.reads(lane);
        let load = reads.join_or_ask(hash, earliest, self.clock.since_boot());
        // It is no failure that somebody must look into, and there may be thousands.
        let load = load.ok_or(Problem::Unavailable)?;
        // The task goes on for the others if this caller hangs up.
        let cache = Arc::clone(self);
        if reads.is_short_of_readers() {
            tokio::spawn(async move { cache.read_what_waits(lane).await });
        }
        Ok(load)
    }

    async fn read_what_waits(&self, lane: Lane) {
        let Some(mut reader) = self.grants.reads(lane).reader() else {
            return;
        };
        loop {
            let next = reader.next(self.clock.since_boot());
            if next.is_empty() {
                return;
            }
            let hashes: Vec<SecretHash> = next.iter().map(|(hash, _)| *hash).collect();
            // The statement belongs to the trace of the first request that is recorded.
            let mut spans = next.iter().map(|(_, load)| load.asked_in());
            let span = spans.find(|span| !span.is_disabled()).cloned();
            let read = self.read_here(&hashes);
            let found = read.instrument(span.unwrap_or_else(Span::none)).await;
            let found = found.map_err(|error| Arc::from(causes(&error)));
            for (hash, load) in next {
                reader.forget(&hash, &load);
                let known = found.as_ref().map(|found| found.get(&hash).cloned());
                load.finish(known.map_err(Arc::clone));
            }
        }
    }

    async fn read_here(
        &self,
        hashes: &[SecretHash],
    ) -> Result<HashMap<SecretHash, Arc<Known>>, Error> {
        let mut found = HashMap::with_capacity(hashes.len());
        let mut wanted = Cow::Borrowed(hashes);
        let mut doubts = HashMap::new();
        for _ in 0..ATTEMPTS {
            let doubtful = self.read_once(&wanted, &mut doubts, &mut found).await?;
            if doubtful.is_empty() {
                return Ok(found);
            }
            wanted = doubtful.into();
        }
        Err(Error::LogNotRead)
    }

    /// Reads grants, and adds the genuine ones to the result. Returns the secrets whose rows a
    /// change overtook. If a later read finds the same rows after that change, they were put back.
    async fn read_once(
        &self,
        hashes: &[SecretHash],
        doubts: &mut HashMap<SecretHash, Doubt>,
        found: &mut HashMap<SecretHash, Arc<Known>>,
    ) -> Result<Vec<SecretHash>, Error> {
        let before = self.feed.as_of();
        let grants = self.store.secrets().grants(hashes).await?;
        let after = self.feed.as_of();
        let (now, settled_at) = (self.clock.now(), self.clock.since_boot() + SETTLED_AFTER);
        // One statement read them all.
        let policies = match grants.first() {
            Some(grant) => {
                self.currency.follow_to(grant.head).await?;
                self.policies.at(grant.head).await?
            }
            None => return Ok(Vec::new()),
        };
        let mut doubtful = Vec::new();
        for grant in grants {
            let hash = grant.secret.row.hash;
            let genuine = match VerifiedGrant::of(grant, &self.currency) {
                Ok(genuine) => genuine,
                Err(doubt) if doubt.stands_after(doubts.get(&hash)) => {
                    doubt.tell();
                    continue;
                }
                Err(doubt) => {
                    doubts.insert(hash, doubt);
                    doubtful.push(hash);
                    continue;
                }
            };
            let as_of = (self.rules.kept_as_of)(before, after, genuine.head);
            let policy = policies.of(&genuine.owner.groups);
            let lapse = (self.rules.lapse)(&genuine.owner, &self.sign_ins);
            let takes_over = |at| (self.rules.takes_over)(now.since(at));
            let settles_at = genuine.took_over_at.filter(|at| takes_over(*at));
            let settles_at = settles_at.map(|_| settled_at);
            let grant = CachedGrant::new(genuine, policy, lapse, &self.usage);
            let known = Arc::new(Known::new(grant, as_of, settles_at));
            if as_of.is_some() {
                self.grants.keep(hash, Arc::clone(&known));
            }
            found.insert(hash, known);
        }
        Ok(doubtful)
    }
}
