//! The signing keys, opened once and kept in memory.

mod key;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use ats_pat_auth::{MasterKeys, SignatureProvider};

use crate::change::Changes;
use crate::ledger::currency::Currency;
use crate::ledger::rows::Roots;
use crate::service::error::Error;

pub(crate) use key::{ALGORITHM, LONGEST_LIFETIME, PUBLISHED_BEFORE, SKEW, new_signing_key};
pub(crate) use state::RingState;

/// The signing keys as they were last read, and a way to read them again.
pub(crate) struct Ring {
    state: ArcSwap<RingState>,
    /// The keys that the feed has confirmed. Exchanges from memory sign with these. A read may be
    /// ahead of the feed, and see a rotation that a fail-over loses before the feed applies it.
    followed: ArcSwap<RingState>,
    currency: Arc<Currency>,
    roots: Arc<Roots>,
    master: Arc<MasterKeys>,
    signature_provider: SignatureProvider,
    reading: tokio::sync::Mutex<()>,
    /// When the last read began that found these keys, in milliseconds since boot.
    confirmed_at: AtomicU64,
}

impl Ring {
    /// Starts with keys that were read by `provider`. The read began at `confirmed_at`.
    pub(crate) fn new(
        state: RingState,
        changes: &Changes,
        master: Arc<MasterKeys>,
        signature_provider: SignatureProvider,
        confirmed_at: Duration,
    ) -> Self {
        let state = Arc::new(state);
        Self {
            state: ArcSwap::new(Arc::clone(&state)),
            followed: ArcSwap::new(state),
            currency: Arc::clone(&changes.currency),
            roots: Arc::clone(&changes.roots),
            master,
            signature_provider,
            reading: tokio::sync::Mutex::new(()),
            confirmed_at: AtomicU64::new(millis(confirmed_at)),
        }
    }

    /// Notes that a read found the keys in memory to be the current ones. It began at `at`.
    pub(crate) fn confirm(&self, at: Duration) {
        self.confirmed_at.fetch_max(millis(at), Ordering::AcqRel);
    }

    /// When the last read began that found the keys in memory to be the current ones, as a time
    /// since boot.
    pub(crate) fn confirmed_at(&self) -> Duration {
        Duration::from_millis(self.confirmed_at.load(Ordering::Acquire))
    }

    /// The keys in memory if `is_it` accepts them, otherwise freshly read ones. A server that
    /// missed a rotation, or got a restored database, must not sign with its old keys.
    pub(crate) async fn last_or_read(
        &self,
        is_it: impl Fn(&RingState) -> bool,
    ) -> Result<Arc<RingState>, Error> {
        let last = self.last();
        if is_it(&last) {
            return Ok(last);
        }
        let _one_at_a_time = self.reading.lock().await;
        let last = self.last();
        if is_it(&last) {
            return Ok(last);
        }
        self.read().await
    }

    /// Reads the keys, even if the version in memory is the same, because in another log the same
    /// number may mean other keys.
    pub(crate) async fn read_anew(&self) -> Result<Arc<RingState>, Error> {
        let _one_at_a_time = self.reading.lock().await;
        self.read().await
    }

    async fn read(&self) -> Result<Arc<RingState>, Error> {
        let before = self.state.load_full();
        let read = RingState::read(
            &self.currency,
            &self.roots,
            &self.master,
            self.signature_provider,
            &before,
        );
        let state = Arc::new(read.await?);
        if state.is_sealed_elsewhere() && !before.is_sealed_elsewhere() {
            tracing::error!(
                "another server sealed the signing keys under a master key that this server does not hold: this server \
                 works on, but can't start again nor open the next signing key; give it the same master key file, and \
                 start it again"
            );
        }
        self.state.store(Arc::clone(&state));
        Ok(state)
    }

    /// The keys as they were last read.
    pub(crate) fn last(&self) -> Arc<RingState> {
        self.state.load_full()
    }

    /// Notes keys that the feed has confirmed: its log has everything that their read saw.
    pub(crate) fn follow(&self, state: Arc<RingState>) {
        self.followed.store(state);
    }

    /// The keys that the feed has confirmed. Under the lease they are the current ones, because a
    /// rotation is an event.
    pub(crate) fn followed(&self) -> Arc<RingState> {
        self.followed.load_full()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
