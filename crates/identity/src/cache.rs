//! What is known of a provider, read again from time to time.
//!
//! Discovery and keys are used for an hour. If they can't be read again then, they are used for a
//! day, so that a provider that is away for a moment interrupts nothing. A failure is remembered
//! for ten seconds, so that a provider that is away is not asked by everybody, and nobody waits for
//! it.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::Clock;
use openidconnect::core::CoreJsonWebKeySet;
use parking_lot::Mutex;

use crate::discovery::{Discovery, Document};
use crate::trouble::Trouble;

/// How long documents are used without asking again.
const FRESH: Duration = Duration::from_hours(1);
/// How long they are used if the provider can't be asked.
const USABLE: Duration = Duration::from_hours(24);
/// How long a failure is remembered.
const FAILED: Duration = Duration::from_secs(10);
/// How often keys are read again because a token names an unknown one, at most.
const KEYS: Duration = Duration::from_mins(1);

/// What a provider published.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) document: Document,
    pub(crate) keys: CoreJsonWebKeySet,
    read_at: Duration,
}

#[derive(Default)]
struct State {
    known: Option<Arc<Known>>,
    failed: Option<(Duration, Trouble)>,
    keys_asked_at: Option<Duration>,
}

/// Reads what a provider publishes, and keeps it.
pub(crate) struct Cache {
    discovery: Discovery,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Whoever holds it asks the provider; the others wait for what comes of it.
    turn: tokio::sync::Mutex<()>,
}

impl Cache {
    pub(crate) fn new(discovery: Discovery, clock: Arc<dyn Clock>) -> Self {
        Self {
            discovery,
            clock,
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// What the provider publishes.
    pub(crate) async fn known(&self) -> Result<Arc<Known>, Trouble> {
        if let Some(known) = self.kept_for(FRESH) {
            return Ok(known);
        }
        let _turn = self.turn.lock().await;
        if let Some(known) = self.kept_for(FRESH) {
            return Ok(known);
        }
        let found = match self.failed() {
            Some(trouble) => Err(trouble),
            None => self.read().await,
        };
        found.or_else(|trouble| self.kept_for(USABLE).ok_or(trouble))
    }

    /// What it publishes now that a token names a key that `before` doesn't have; `None` if the
    /// keys were read less than a minute ago for that reason, or can't be read.
    pub(crate) async fn with_other_keys(&self, before: &Arc<Known>) -> Option<Arc<Known>> {
        let _turn = self.turn.lock().await;
        let now = self.clock.since_boot();
        {
            let mut state = self.state.lock();
            let known = state.known.clone()?;
            if !Arc::ptr_eq(&known, before) {
                return Some(known);
            }
            let is_early = |asked_at| now.saturating_sub(asked_at) < KEYS;
            if state.keys_asked_at.is_some_and(is_early) {
                return None;
            }
            state.keys_asked_at = Some(now);
        }
        let keys = self.discovery.keys(&before.document).await.ok()?;
        let known = Arc::new(Known {
            document: before.document.clone(),
            keys,
            read_at: before.read_at,
        });
        self.state.lock().known = Some(known.clone());
        Some(known)
    }

    async fn read(&self) -> Result<Arc<Known>, Trouble> {
        let read_at = self.clock.since_boot();
        let found = async {
            let document = self.discovery.document().await?;
            let keys = self.discovery.keys(&document).await?;
            Ok((document, keys))
        };
        match found.await {
            Ok((document, keys)) => {
                let known = Arc::new(Known {
                    document,
                    keys,
                    read_at,
                });
                let mut state = self.state.lock();
                state.known = Some(known.clone());
                state.failed = None;
                Ok(known)
            }
            Err(trouble) => {
                // From now, because the failure itself may have taken long.
                let failed_at = self.clock.since_boot();
                self.state.lock().failed = Some((failed_at, Trouble::clone(&trouble)));
                Err(trouble)
            }
        }
    }

    fn kept_for(&self, within: Duration) -> Option<Arc<Known>> {
        let now = self.clock.since_boot();
        let known = self.state.lock().known.clone()?;
        (now.saturating_sub(known.read_at) < within).then_some(known)
    }

    fn failed(&self) -> Option<Trouble> {
        let now = self.clock.since_boot();
        let state = self.state.lock();
        let (failed_at, trouble) = state.failed.as_ref()?;
        (now.saturating_sub(*failed_at) < FAILED).then(|| trouble.clone())
    }
}
