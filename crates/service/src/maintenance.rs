//! Work in the background: uses written in batches, the anchor kept, what is over removed.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use ats_pat_domain::event::{Actor, EventKind};

use crate::change::{Change, Draft};
use crate::error::{Error, causes};
use crate::ledger::Entry;
use crate::rows::hex;
use crate::service::Service;

const TICK: Duration = Duration::from_secs(1);
/// How many ticks lie between two batches of uses, and two looks at the head of the event log.
const USES_EVERY: u32 = 10;
/// How many ticks lie between two clean-ups.
const CLEAN_UP_EVERY: u32 = 60;

impl Service {
    /// Works until `shutdown` is ready. What fails is logged and tried again at the next turn.
    pub async fn run_maintenance(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut tick = 0_u32;
        loop {
            tokio::select! {
                () = &mut shutdown => return,
                _ = ticks.tick() => {}
            }
            tick = tick.wrapping_add(1);
            self.keep_anchor();
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
            if tick.is_multiple_of(CLEAN_UP_EVERY) {
                log_failure(
                    "ended sessions could not be removed",
                    self.remove_ended_sessions().await,
                );
                log_failure(
                    "retired signing keys could not be destroyed",
                    self.destroy_retired_keys().await,
                );
            }
        }
    }

    /// Writes what is only in memory; call it before the program ends.
    pub async fn flush(&self) {
        log_failure(
            "uses of tokens could not be written",
            self.write_uses().await,
        );
        self.keep_anchor();
        let head = self.inner.changes.anchor.head();
        tracing::info!(
            seq = head.seq,
            hash = hex(&head.hash),
            "head of the event log"
        );
    }

    async fn write_uses(&self) -> Result<(), Error> {
        let uses = self.inner.usage.take();
        if uses.is_empty() {
            return Ok(());
        }
        let written = self.store().record_usage(&uses).await;
        if written.is_err() {
            for record in uses {
                self.inner.usage.note(record);
            }
        }
        Ok(written?)
    }

    fn keep_anchor(&self) {
        if let Err(error) = self.inner.changes.anchor.keep() {
            tracing::error!(cause = %error, "the head of the event log could not be kept in the data folder");
        }
    }

    /// Other servers and the admin program move the head too.
    async fn look_at_head(&self) -> Result<(), Error> {
        let head = self.store().events().head().await?;
        self.inner.changes.anchor.saw(head);
        Ok(())
    }

    async fn remove_ended_sessions(&self) -> Result<(), Error> {
        let now = self.now();
        let idle_since = now.before(self.inner.settings.session_idle);
        self.store().delete_ended_sessions(now, idle_since).await?;
        Ok(())
    }

    /// Erases the private part of keys whose last tokens are over.
    pub(crate) async fn destroy_retired_keys(&self) -> Result<(), Error> {
        let due = self.fresh_ring().await?.due_for_destruction(self.now());
        if !due.is_empty() {
            self.change(DestroyKeys { due }).await?;
        }
        Ok(())
    }
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

    async fn apply(&self, draft: &Draft<'_>) -> Result<(), Error> {
        for tagged in draft.read().keys().ring().await?.1 {
            if tagged.row.sealed.is_some() && self.due.contains(&tagged.row.kid) {
                let mut key = draft.check(tagged)?;
                key.sealed = None;
                let kid = key.kid.clone();
                draft.update_signing_key(key).await?;
                draft.record(Entry::new(
                    EventKind::SigningKeyDestroyed,
                    Actor::System,
                    &kid,
                ));
            }
        }
        Ok(())
    }
}
