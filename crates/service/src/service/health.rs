//! Whether the service can do its work.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_token::JwkSet;

use crate::ledger::currency::Patience;
use crate::service::error::{Error, causes};
use crate::service::{SOON, Service};
use crate::view::HealthCheck;

/// The published signing keys, for verifiers.
#[derive(Clone, Debug)]
pub struct PublishedKeys {
    /// The keys that verifiers may trust now.
    pub keys: JwkSet,
    /// How long ago they were last confirmed as the current ones. Zero, unless the database does
    /// not answer.
    pub age: Duration,
}

impl Service {
    /// From now on, this server is not ready, because it ends soon. It answers as before, so that a
    /// balancer has time to send its callers elsewhere.
    pub fn announce_end(&self) {
        self.inner.ends.store(true, Ordering::Relaxed);
    }

    /// Reads the event log to its end, for as long as this program waits for that. Without it, the
    /// checks of a program that just began say how far it came.
    pub async fn read_log(&self) {
        // If it fails, the checks say why.
        let _ = self.currency().follow_to(Head::EMPTY).await;
    }

    /// Runs all checks. The service is ready if all of them are healthy.
    pub async fn health(&self) -> Vec<HealthCheck> {
        if self.inner.ends.load(Ordering::Relaxed) {
            // Whoever asks now only wants to know where to send callers, and must know it soon.
            return vec![unhealthy("ending", "was asked to end: ask another server")];
        }
        let database = match self.store().ping().await {
            Ok(()) => healthy("database", "answers"),
            Err(error) => {
                tracing::warn!(cause = %causes(&error), "the database is not ready");
                // If the database file is gone, reads fail first, and no change comes far enough to
                // say why.
                self.inner.changes.writes.failed(&error);
                unhealthy("database", "does not answer")
            }
        };
        let changes = &self.inner.changes;
        let writes = changes.writes.check(&*changes.store, &*changes.clock);
        let writes = match writes.await {
            Ok(()) => healthy("storage", "keeps what is written"),
            Err(reason) => unhealthy("storage", &reason),
        };
        let (ring, now) = (self.inner.cache.ring.last(), self.now());
        let signing = match ring.signer(now) {
            // The key was opened before, so callers notice nothing until this server restarts or
            // the key is rotated.
            Ok(_) if ring.is_sealed_elsewhere() => healthy(
                "signing-key",
                "is sealed under a master key that this server does not hold: give it the same master key file as the \
                 others, and start it again",
            ),
            Ok(_) if ring.has_active(now) => healthy("signing-key", "is active"),
            // The service signs, so callers notice nothing, but an operator must set the clock.
            Ok(_) => healthy(
                "signing-key",
                "signs before its time: this machine's clock is behind, or was ahead when the key was made",
            ),
            Err(_) => unhealthy("signing-key", "none can sign"),
        };
        let log = if self.inner.changes.anchor.is_lost() {
            unhealthy("event-log", "lacks what was seen before; see the log")
        } else {
            healthy("event-log", "holds what was seen before")
        };
        // If nobody asked before, the log is read now.
        let _ = self
            .currency()
            .follow_within(Patience::Short, Head::EMPTY)
            .await;
        let read = match self.currency().is_ready() {
            Ok(()) => healthy("log-read", "is known to its end"),
            Err(seq) => unhealthy("log-read", &format!("is read as far as event {seq}")),
        };
        // This is reported but isn't a failure. Such a row grants nothing, so an operator must look
        // into it, but a load balancer must not react.
        let rows = healthy("rows", &self.inner.findings.summary());
        vec![database, writes, signing, log, read, rows]
    }

    /// The published signing keys. If the database does not answer soon, they are the last known
    /// ones, because existing tokens can be verified without a database.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] until this server knows that none of the keys was put back.
    pub async fn jwks(&self) -> Result<JwkSet, Error> {
        Ok(self.published_keys().await?.keys)
    }

    /// The keys of [`Self::jwks`], and how old this knowledge is.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] until this server knows that none of the keys was put back.
    pub async fn published_keys(&self) -> Result<PublishedKeys, Error> {
        let anew = match tokio::time::timeout(SOON, self.inner.cache.fresh_ring()).await {
            Ok(Ok(ring)) => Some(ring),
            Err(_) => {
                tracing::warn!("the database is slow to say whether the signing keys changed");
                None
            }
            Ok(Err(error)) => {
                tracing::warn!(cause = %causes(&error), "the signing keys could not be read anew");
                None
            }
        };
        let (ring, age) = match anew {
            Some(ring) => (ring, Duration::ZERO),
            None => (
                self.inner.cache.ring.last(),
                self.age(self.inner.cache.ring.confirmed_at()),
            ),
        };
        if !ring.is_judged() {
            return Err(Error::LogNotRead);
        }
        Ok(PublishedKeys {
            keys: ring.key_set(self.now()),
            age,
        })
    }
}

fn healthy(name: &'static str, message: &str) -> HealthCheck {
    HealthCheck {
        name,
        healthy: true,
        message: message.to_owned(),
    }
}

fn unhealthy(name: &'static str, message: &str) -> HealthCheck {
    HealthCheck {
        name,
        healthy: false,
        message: message.to_owned(),
    }
}
