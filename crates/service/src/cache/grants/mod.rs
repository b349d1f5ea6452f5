//! What exchanges decide on: from memory while the lease holds, else from the database.

mod grant;
mod load;
mod reads;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::cache::feed::{AsOf, LEASE};
use crate::cache::grants::load::Load;
use crate::cache::grants::reads::Reads;
use crate::cache::guards::Guard;
use crate::cache::ring::RingState;
use crate::ledger::currency::{ATTEMPTS, Doubt};
use crate::ledger::genuine::Genuine;
use crate::service::Service;
use crate::service::error::Error;

pub(crate) use grant::Grant;

/// What a grant of usual size counts for, in bytes; a greater one counts for what it takes.
const USUAL_BYTES: usize = 768;
/// What the cache itself needs for each grant, about: key, place, order.
const ENTRY_BYTES: usize = 96;

/// How many statements that read grants are under way at once.
const ORDINARY_READERS: usize = 4;
/// How many secrets one of them may name.
const MOST_AT_ONCE: usize = 64;
/// How many guesses may.
const MOST_GUESSES_AT_ONCE: usize = 16;

/// The keyed hash of a secret.
pub(crate) type SecretHash = [u8; 32];

/// The grants that were read of late.
pub(crate) struct Grants {
    /// `None` where nothing is to be kept.
    known: Option<Cache<SecretHash, Arc<Known>, Bytes>>,
    ordinary: Reads,
    guessers: Reads,
}

/// A grant as it was read, and where the feed stood when the read began.
pub(crate) struct Known {
    pub(crate) grant: Grant,
    as_of: Option<AsOf>,
    /// Where the feed stood when it vouched for it last; -1 before.
    vouched_at: AtomicI64,
    /// Whether the log that the feed follows was found to hold what the read saw.
    confirmed: AtomicBool,
}

/// A grant to decide on, and the keys to sign with.
pub(crate) struct Found {
    pub(crate) known: Arc<Known>,
    pub(crate) ring: Arc<RingState>,
}

/// Whether what is in memory may be answered from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    Memory,
    /// The caller just changed it.
    Database,
}

/// With whom a request waits for the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Ordinary,
    /// Of addresses that spent their budget of failures: they wait for each other, so that a burst of guesses leaves the
    /// database to the rest.
    Guessers,
}

/// Bounds both numbers and bytes: a grant counts for [`USUAL_BYTES`] at least.
#[derive(Clone)]
struct Bytes;

impl Weighter<SecretHash, Arc<Known>> for Bytes {
    fn weight(&self, _: &SecretHash, known: &Arc<Known>) -> u64 {
        (known.grant.bytes() + ENTRY_BYTES).max(USUAL_BYTES) as u64
    }
}

impl Grants {
    /// Room for so many grants of usual size.
    pub(crate) fn new(entries: usize) -> Self {
        let bytes = entries.saturating_mul(USUAL_BYTES) as u64;
        Self {
            known: (entries > 0).then(|| Cache::with_weighter(entries, bytes, Bytes)),
            ordinary: Reads::new(ORDINARY_READERS, MOST_AT_ONCE),
            guessers: Reads::new(1, MOST_GUESSES_AT_ONCE),
        }
    }

    fn known(&self, hash: &SecretHash) -> Option<Arc<Known>> {
        self.known.as_ref()?.get(hash)
    }

    fn keep(&self, hash: SecretHash, known: Arc<Known>) {
        if let Some(cache) = &self.known {
            cache.insert(hash, known);
        }
    }

    fn reads(&self, lane: Lane) -> &Reads {
        match lane {
            Lane::Ordinary => &self.ordinary,
            Lane::Guessers => &self.guessers,
        }
    }
}

impl Service {
    /// The genuine grant behind a keyed hash that `address` sent, living or dead, and the keys to sign with.
    pub(crate) async fn grant(
        &self,
        hash: SecretHash,
        address: IpAddr,
        from: From,
    ) -> Result<Option<Found>, Error> {
        let arrived = self.inner.changes.clock.since_boot();
        if from == From::Memory
            && let Some(known) = self.remembered(&hash, arrived)
        {
            let ring = self.inner.ring.followed();
            return Ok(Some(Found { known, ring }));
        }
        // Apart, so that the future of an exchange from memory, which is moved about, has no room for it.
        Box::pin(self.read_grant(hash, arrived, address, from)).await
    }

    async fn read_grant(
        &self,
        hash: SecretHash,
        arrived: Duration,
        address: IpAddr,
        from: From,
    ) -> Result<Option<Found>, Error> {
        let lane = self.inner.limits.lane(address);
        let known = match from {
            From::Memory => self.read(lane, hash, arrived).await?,
            From::Database => self.ask(lane, hash, arrived)?.wait().await?,
        };
        let Some(known) = known else {
            return Ok(None);
        };
        let ring = self.ring_of(&known.grant, arrived).await?;
        Ok(Some(Found { known, ring }))
    }

    /// The ring as it was when the grant was read, or later.
    async fn ring_of(&self, grant: &Grant, arrived: Duration) -> Result<Arc<RingState>, Error> {
        let ring = &self.inner.ring;
        let followed = ring.followed();
        if followed.version == grant.ring_version && self.inner.feed.lease_holds(arrived) {
            return Ok(followed);
        }
        // A version alone does not tell: a fail-over may have lost what was read, and another rotation have got its number.
        let is_it =
            |state: &RingState| (state.version, state.head) == (grant.ring_version, grant.head);
        ring.last_or_read(is_it, self.currency(), self.roots(), &self.inner.master)
            .await
    }

    fn remembered(&self, hash: &SecretHash, arrived: Duration) -> Option<Arc<Known>> {
        let Self { inner } = self;
        if inner.guards.stand(Guard::LeaseCheck) && !inner.feed.lease_holds(arrived) {
            return None;
        }
        inner.grants.known(hash).filter(|known| self.holds(known))
    }

    /// Whether nothing was applied since the read began that concerns it, and what it saw is of the log that is followed:
    /// it may have seen changes that the feed did not apply yet, and that a fail-over loses before it can.
    fn holds(&self, known: &Known) -> bool {
        let feed = &self.inner.feed;
        let is_of_this_log = known.confirmed.load(Ordering::Acquire) || {
            let confirmed =
                !self.inner.guards.stand(Guard::SameLog) || feed.has_applied(known.grant.head);
            known.confirmed.fetch_or(confirmed, Ordering::AcqRel);
            confirmed
        };
        is_of_this_log
            && known.as_of.is_some_and(|as_of| {
                let Grant {
                    token_id, owner_id, ..
                } = known.grant;
                feed.vouches(as_of, token_id, owner_id, &known.vouched_at)
            })
    }

    /// Reads the grant, together with others who want it.
    async fn read(
        &self,
        lane: Lane,
        hash: SecretHash,
        arrived: Duration,
    ) -> Result<Option<Arc<Known>>, Error> {
        let guarded = self.inner.guards.stand(Guard::JoinedLoad);
        // A read that began less than a lease ago saw every change that was acknowledged before this request: its
        // acknowledgement came later than a lease after its commit.
        let earliest = if guarded {
            arrived.saturating_sub(LEASE)
        } else {
            Duration::ZERO
        };
        let load = self.ask(lane, hash, earliest)?;
        let known = load.wait().await?;
        // One that began before this request may lack what its caller did just before.
        let is_own = load.begins_at_or_after(arrived);
        if is_own || !guarded || known.as_ref().is_some_and(|known| self.holds(known)) {
            return Ok(known);
        }
        self.ask(lane, hash, arrived)?.wait().await
    }

    /// A read of this grant whose statement is sent at `earliest` or later.
    fn ask(&self, lane: Lane, hash: SecretHash, earliest: Duration) -> Result<Arc<Load>, Error> {
        let reads = self.inner.grants.reads(lane);
        let load = reads.join_or_ask(hash, earliest);
        let load = load.ok_or_else(|| load::unavailable("too many wait for the database"))?;
        // In a task of its own: a caller that hangs up does not cancel it for the others.
        let service = self.clone();
        if reads.is_short_of_readers() {
            tokio::spawn(async move { service.read_what_waits(lane).await });
        }
        Ok(load)
    }

    async fn read_what_waits(&self, lane: Lane) {
        let Some(mut reader) = self.inner.grants.reads(lane).reader() else {
            return;
        };
        loop {
            let next = reader.next(self.inner.changes.clock.since_boot());
            if next.is_empty() {
                return;
            }
            let hashes: Vec<SecretHash> = next.iter().map(|(hash, _)| *hash).collect();
            let found = self.read_here(&hashes).await;
            let found = found.map_err(|error| load::told(&error));
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

    /// Reads grants, and adds those that hold; gives the secrets whose rows a change overtook. What a later read finds as
    /// it was, in spite of the change, was put back.
    async fn read_once(
        &self,
        hashes: &[SecretHash],
        doubts: &mut HashMap<SecretHash, Doubt>,
        found: &mut HashMap<SecretHash, Arc<Known>>,
    ) -> Result<Vec<SecretHash>, Error> {
        let inner = &self.inner;
        let before = inner.feed.as_of();
        let grants = self.store().secrets().grants(hashes).await?;
        let guarded = inner.guards.stand(Guard::FillRule);
        let as_of = if guarded { before } else { inner.feed.as_of() };
        let is_kept = |head| as_of.is_some_and(|as_of| !guarded || as_of.is_covered_by(head));
        // One statement read them all.
        if let Some(grant) = grants.first() {
            self.currency().follow_to(grant.head).await?;
        }
        let mut doubtful = Vec::new();
        for grant in grants {
            let hash = grant.secret.row.hash;
            let genuine = match Genuine::of(grant, self.currency()) {
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
            let known = Arc::new(Known {
                grant: Grant::new(genuine, &inner.usage),
                as_of,
                vouched_at: AtomicI64::new(-1),
                confirmed: AtomicBool::new(false),
            });
            if is_kept(known.grant.head) {
                inner.grants.keep(hash, Arc::clone(&known));
            }
            found.insert(hash, known);
        }
        Ok(doubtful)
    }
}
