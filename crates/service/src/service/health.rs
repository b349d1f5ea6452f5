//! Whether the service can do its work.

use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_token::JwkSet;

use crate::ledger::currency::Patience;
use crate::service::error::{Error, causes};
use crate::service::{SOON, Service};
use crate::view::HealthCheck;

/// The signing keys that others verify with.
#[derive(Clone, Debug)]
pub struct PublishedKeys {
    /// The keys.
    pub keys: JwkSet,
    /// How long ago they were last known to be the current ones: nothing, unless the database does
    /// not answer.
    pub age: Duration,
}

impl Service {
    /// One line per check; ready if all are healthy.
    pub async fn health(&self) -> Vec<HealthCheck> {
        let database = match self.store().ping().await {
            Ok(()) => healthy("database", "answers"),
            Err(error) => {
                tracing::warn!(cause = %causes(&error), "the database is not ready");
                // A file that is gone fails reads first: then no change comes far enough to tell
                // why.
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
            // The key was opened before, so no caller suffers until this server is started again or
            // the key rotated.
            Ok(_) if ring.is_sealed_elsewhere() => healthy(
                "signing-key",
                "is sealed under a master key that this server does not hold: give it the same master key file as the \
                 others, and start it again",
            ),
            Ok(_) if ring.has_active(now) => healthy("signing-key", "is active"),
            // It signs all the same: no caller suffers, but an operator must set the clock.
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
        // Where nobody asked before, the log is read now.
        let _ = self
            .currency()
            .follow_within(Patience::Short, Head::EMPTY)
            .await;
        let read = match self.currency().is_ready() {
            Ok(()) => healthy("log-read", "is known to its end"),
            Err(seq) => unhealthy("log-read", &format!("is read as far as event {seq}")),
        };
        // Told and no failure: such a row grants nothing, and an operator has to look, not a load
        // balancer.
        let rows = healthy("rows", &self.inner.findings.summary());
        vec![database, writes, signing, log, read, rows]
    }

    /// The published signing keys. Where the database does not answer, or not soon, they are the
    /// last known: to check tokens that exist takes no database.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] until this server knows that none of them was put back.
    pub async fn jwks(&self) -> Result<JwkSet, Error> {
        Ok(self.published_keys().await?.keys)
    }

    /// The published signing keys as [`Self::jwks`] gives them, and how old this knowledge is.
    ///
    /// # Errors
    /// [`Error::LogNotRead`] until this server knows that none of them was put back.
    pub async fn published_keys(&self) -> Result<PublishedKeys, Error> {
        let anew = match tokio::time::timeout(SOON, self.inner.cache.fresh_ring()).await {
            Ok(Ok(ring)) => Some(ring),
            Err(_) => {
                tracing::warn!("the database does not tell soon whether the signing keys changed");
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
