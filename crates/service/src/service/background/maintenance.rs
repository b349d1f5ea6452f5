//! Background work: writes uses in batches, keeps the anchor, removes what has ended.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::{StoreError, UsageRecord};
use tokio::time::{Interval, MissedTickBehavior};

use crate::change::{Authority, Change, Draft, Judgement, Taken};
use crate::ledger::pruned::held_or_pruned;
use crate::ledger::{is_genuine_end, log_head};
use crate::policy::CutWalk;
use crate::service::Service;
use crate::service::background::ended::Walk as EndedWalk;
use crate::service::background::unused::Walk;
use crate::service::error::{Error, causes};
use crate::service::refusals::RecordGuessing;
use crate::service::reuses::RecordReuse;

const TICK: Duration = Duration::from_secs(1);
/// The number of ticks between two batches of uses, and between two looks at the event log's head.
const USES_EVERY: u32 = 10;
/// How many uses one transaction writes.
const USES_AT_ONCE: usize = 512;
/// How many ended sessions one statement removes, so that no change waits long.
const SESSIONS_AT_ONCE: u64 = 500;
/// How many such statements are in one clean-up.
const SESSION_BATCHES: u32 = 100;
/// The number of ticks after which counted attacks are written into the event log.
const ATTACKS_EVERY: u32 = 60;
/// The time between two clean-ups.
const CLEAN_UP: Duration = Duration::from_mins(1);

impl Service {
    /// Works until `shutdown` is ready. Failures are logged, and the next turn tries again.
    pub async fn run_maintenance(&self, shutdown: impl Future<Output = ()> + Send) {
        tokio::select! {
            () = self.keep_up(shutdown) => {}
            // This may be in the middle of long work. A change that has begun still ends.
            () = self.clean_up() => {}
        }
    }

    /// Writes what is only in memory, until `shutdown` is ready. It never waits for cleaning up.
    async fn keep_up(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut ticks = ticks(TICK);
        let mut tick = 0_u32;
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                _ = ticks.tick() => {}
            }
            tick = tick.wrapping_add(1);
            self.keep_anchor().await;
            self.keep_checkpoint(false).await;
            let changes = &self.inner.changes;
            changes
                .writes
                .recheck(&*changes.store, &*changes.clock)
                .await;
            self.inner.limits.log_refusals();
            if tick.is_multiple_of(USES_EVERY) {
                log_failure(
                    "uses of tokens could not be written",
                    self.write_uses().await,
                );
                log_failure(
                    "the event log could not be looked at",
                    self.look_at_head().await,
                );
            }
            if tick.is_multiple_of(ATTACKS_EVERY) {
                self.inner.passwords.rest();
                self.record_attacks().await;
            }
        }
    }

    /// Removes what has ended, and ends what the settings and the policy don't allow.
    async fn clean_up(&self) {
        let mut ticks = ticks(CLEAN_UP);
        // The first tick is at once.
        ticks.tick().await;
        let mut unused = Walk::default();
        let mut cut = CutWalk::default();
        let mut ended = EndedWalk::default();
        loop {
            ticks.tick().await;
            log_failure(
                "ended sessions could not be removed",
                self.remove_ended_sessions().await,
            );
            log_failure(
                "retired signing keys could not be destroyed",
                self.destroy_retired_keys().await,
            );
            log_failure(
                "a new signing key could not be made",
                self.rotate_by_age().await,
            );
            log_failure(
                "tokens that nobody uses could not be revoked",
                self.revoke_some_unused(&mut unused).await,
            );
            log_failure(
                "tokens could not be cut to the policy",
                self.cut_some(&mut cut).await,
            );
            // This can take longest, so it is last.
            log_failure(
                "tokens that expired long ago could not be removed",
                self.remove_some_ended(&mut ended).await,
            );
        }
    }

    /// Writes what was counted of guesses and of ended secrets into the event log.
    async fn record_attacks(&self) {
        log_failure(
            "refused sign-ins could not be written to the event log",
            self.record_guessing().await,
        );
        log_failure(
            "uses of ended secrets could not be written to the event log",
            self.record_reuse().await,
        );
    }

    /// Writes everything that is only in memory. Call it before the program ends.
    pub async fn flush(&self) {
        log_failure(
            "uses of tokens could not be written",
            self.write_uses().await,
        );
        self.record_attacks().await;
        log_failure(
            "the event log could not be looked at",
            self.look_at_head().await,
        );
        self.keep_anchor().await;
        self.keep_checkpoint(true).await;
        let head = self.inner.changes.anchor.head();
        log_head(head);
    }

    async fn write_uses(&self) -> Result<(), Error> {
        let mut failed = Ok(());
        for uses in self.inner.cache.usage.take() {
            failed = failed.and(self.write_part(&uses).await);
        }
        failed
    }

    async fn write_part(&self, uses: &[UsageRecord]) -> Result<(), Error> {
        let mut failed = Ok(());
        // They are written in parts, so that no long transaction delays changes.
        for part in uses.chunks(USES_AT_ONCE) {
            match self.store().record_usage(part).await {
                Ok(()) => {}
                Err(
                    error @ (StoreError::Retryable(_)
                    | StoreError::Unavailable(_)
                    | StoreError::Storage { .. }),
                ) => {
                    for record in part {
                        self.inner.cache.usage.put_back(record);
                    }
                    failed = Err(error.into());
                }
                Err(_) => self.write_uses_singly(part).await,
            }
        }
        failed
    }

    /// If one of many can't be written, because its token is not in a restored database, only that
    /// one is lost.
    async fn write_uses_singly(&self, uses: &[UsageRecord]) {
        for record in uses {
            match self
                .store()
                .record_usage(std::slice::from_ref(record))
                .await
            {
                Ok(()) => {}
                Err(
                    StoreError::Retryable(_)
                    | StoreError::Unavailable(_)
                    | StoreError::Storage { .. },
                ) => {
                    self.inner.cache.usage.put_back(record);
                }
                Err(error) => {
                    tracing::warn!(token = %record.token_id, cause = %causes(&error), "a use of a token is lost");
                }
            }
        }
    }

    /// Writes the end of the event log to the data folder, where the next start compares it. Call
    /// it before requests come, so that no server is ready without an anchor.
    pub async fn keep_anchor(&self) {
        let anchor = Arc::clone(&self.inner.changes.anchor);
        let kept = tokio::task::spawn_blocking(move || anchor.keep()).await;
        if let Err(error) = kept.unwrap_or_else(|error| Err(std::io::Error::other(error))) {
            tracing::error!(cause = %error, "the head of the event log could not be kept in the data folder");
        }
    }

    async fn keep_checkpoint(&self, at_end: bool) {
        if let Err(error) = self.currency().keep(at_end).await {
            tracing::warn!(cause = %causes(&error), "the next start takes longer");
        }
    }

    /// Other servers and the admin program also change the head. It is taken over if the log still
    /// has the last seen event, and its end is genuine.
    async fn look_at_head(&self) -> Result<(), Error> {
        let (store, roots, anchor) = (self.store(), self.roots(), &self.inner.changes.anchor);
        let seen = anchor.head();
        let head = store.events().head().await?;
        if head == seen {
            return Ok(());
        }
        if held_or_pruned(store, roots, seen).await? && is_genuine_end(store, roots, head).await? {
            anchor.saw(head);
        } else {
            anchor.lose();
            tracing::error!(
                seen = seen.seq,
                found = head.seq,
                "the event log lacks what was seen before: was the database restored or altered? The next start will stop"
            );
        }
        Ok(())
    }

    /// Records an event for each address whose sign-ins were refused after too many failures. This
    /// is done here, so that many attempts don't keep the event log locked.
    async fn record_guessing(&self) -> Result<(), Error> {
        let now = self.inner.changes.clock.since_boot();
        let due = self.inner.limits.refusals().due(now);
        if due.is_empty() {
            return Ok(());
        }
        self.change(Authority::System, RecordGuessing { due }).await
    }

    /// Records an event for each token whose dead secrets were used, for the same reason.
    async fn record_reuse(&self) -> Result<(), Error> {
        let reuses = &self.inner.reuses;
        let due = reuses.due(self.inner.changes.clock.since_boot());
        if due.is_empty() {
            return Ok(());
        }
        let change = RecordReuse { due };
        let recorded = self.change(Authority::System, change.clone()).await;
        if recorded.is_err() {
            reuses.put_back(change.due);
        }
        recorded
    }

    async fn remove_ended_sessions(&self) -> Result<(), Error> {
        let now = self.now();
        let idle_since = now.before(self.inner.settings.session_idle);
        for _ in 0..SESSION_BATCHES {
            let store = self.store();
            let removed = store.delete_ended_sessions(now, idle_since, SESSIONS_AT_ONCE);
            if removed.await? < SESSIONS_AT_ONCE {
                break;
            }
        }
        Ok(())
    }

    /// Erases the private keys of signing keys whose last tokens have expired.
    pub(crate) async fn destroy_retired_keys(&self) -> Result<(), Error> {
        let due = self
            .inner
            .cache
            .fresh_ring()
            .await?
            .due_for_destruction(self.now());
        if !due.is_empty() {
            self.change(Authority::System, DestroyKeys { due }).await?;
        }
        Ok(())
    }
}

/// After a turn that took long, the next one comes a whole period later.
fn ticks(period: Duration) -> Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn log_failure(what: &'static str, result: Result<(), Error>) {
    if let Err(error) = result {
        tracing::warn!(cause = %causes(&error), "{what}");
    }
}

struct DestroyKeys {
    due: Vec<String>,
}

impl Change for DestroyKeys {
    type Output = ();

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        for tagged in draft.read().keys().ring().await?.keys {
            if tagged.row.sealed.is_some() && self.due.contains(&tagged.row.kid) {
                let (mut key, Judgement::Genuine) = draft.judge(tagged).await else {
                    continue;
                };
                key.sealed = None;
                let kid = key.kid.clone();
                draft.update_signing_key(key).await?;
                draft.record(draft.entry(EventKind::SigningKeyDestroyed, &kid));
            }
        }
        // Every token that they signed has expired.
        Ok(((), Taken::Nothing))
    }
}
