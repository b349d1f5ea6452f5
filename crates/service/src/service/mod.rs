//! What the use cases share.

pub(crate) mod background;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod health;
pub(crate) mod limits;
pub(crate) mod open;
pub(crate) mod refusals;
pub(crate) mod settings;
pub(crate) mod system;
pub(crate) mod turns;

use std::sync::Arc;
use std::time::Duration;

use ats_pat_auth::{MasterKeys, Minter};
use ats_pat_domain::Timestamp;
use ats_pat_domain::event::Head;
use ats_pat_domain::port::Store;
use ats_pat_domain::scope::{ALL, INTROSPECT};

use crate::cache::feed::Feed;
use crate::cache::grants::Grants;
use crate::cache::guards::Guards;
use crate::cache::ring::{Ring, RingState};
use crate::change::{Authority, Changes};
use crate::exchange::token_ids::TokenIds;
use crate::exchange::usage::UsageLog;
use crate::ledger::currency::Currency;
use crate::ledger::rows::Roots;
use crate::operator::Operator;
use crate::service::background::verification::Verification;
use crate::service::error::{Error, causes};
use crate::service::limits::Limits;
use crate::service::settings::Settings;
use crate::sessions::SignedIn;
use crate::sessions::passwords::Passwords;
use crate::status::StatusLists;
use crate::view::PolicyView;

/// How long verifiers wait for what the server may know already.
pub(crate) const SOON: Duration = Duration::from_millis(250);

/// The use cases over one store. Cheap to clone; every clone is the same service.
#[derive(Clone)]
pub struct Service {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) changes: Changes,
    pub(crate) master: MasterKeys,
    pub(crate) minter: Minter,
    pub(crate) ring: Ring,
    pub(crate) passwords: Passwords,
    pub(crate) limits: Limits,
    pub(crate) usage: UsageLog,
    pub(crate) token_ids: TokenIds,
    pub(crate) feed: Feed,
    pub(crate) grants: Grants,
    pub(crate) guards: Guards,
    /// Whether no other server can have this database.
    pub(crate) alone: bool,
    pub(crate) status_lists: StatusLists,
    pub(crate) verification: Verification,
}

impl Service {
    /// What the user's token form needs to know.
    pub fn policy(&self, by: &SignedIn) -> PolicyView {
        PolicyView::new(&self.inner.settings.policy, &by.user)
    }

    /// Who issues the authentication tokens: the public URL.
    pub fn issuer(&self) -> &str {
        &self.inner.settings.issuer
    }

    /// Every scope that an authentication token may carry here.
    pub fn scope_names(&self) -> Vec<&str> {
        let catalogue = self.inner.settings.policy.scopes.iter();
        std::iter::once(ALL)
            .chain(catalogue.map(|scope| scope.name.as_str()))
            .chain([INTROSPECT])
            .collect()
    }

    /// The use cases of operators, for the admin program. Whoever can call them needs no other right.
    pub fn operator(&self) -> Operator<'_> {
        Operator {
            service: self,
            authority: Authority::Operator,
        }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.changes.store
    }

    /// Makes sure that a list can leave out rows that were put back. Where the log can't be read, it is shown all the same.
    pub(crate) async fn read_log_for_lists(&self) {
        if self.currency().is_ready().is_err()
            && let Err(error) = self.currency().follow_to(Head::EMPTY).await
        {
            tracing::warn!(cause = %causes(&error), "a list may show rows that were put back");
        }
    }

    pub(crate) fn currency(&self) -> &Arc<Currency> {
        &self.inner.changes.currency
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.inner.changes.roots
    }

    /// The time that the use cases go by: pages reckon with the same.
    pub fn now(&self) -> Timestamp {
        self.inner.changes.clock.now()
    }

    /// How long ago something was, by the clock of leases.
    pub(crate) fn age(&self, at: Duration) -> Duration {
        self.inner.changes.clock.since_boot().saturating_sub(at)
    }

    /// Refuses to grant anything by a database that lacks what this server saw: what was revoked since would work again.
    pub(crate) fn require_log(&self) -> Result<(), Error> {
        if self.inner.changes.anchor.is_lost() {
            Err(Error::LogLost)
        } else {
            Ok(())
        }
    }

    /// The signing keys as the database holds them now.
    pub(crate) async fn fresh_ring(&self) -> Result<Arc<RingState>, Error> {
        let begun = self.inner.changes.clock.since_boot();
        // A version alone does not tell, but under the lease it does: the feed would know of another log.
        if self.inner.feed.lease_holds(begun) {
            let version = self.store().keys().ring_version().await?;
            let followed = self.inner.ring.followed();
            if followed.version == version {
                self.inner.ring.confirm(begun);
                return Ok(followed);
            }
        }
        self.ring_anew().await
    }

    /// Reads the signing keys, whatever version is in memory.
    pub(crate) async fn ring_anew(&self) -> Result<Arc<RingState>, Error> {
        let inner = &self.inner;
        let (currency, roots) = (self.currency(), self.roots());
        let begun = inner.changes.clock.since_boot();
        let read = inner.ring.read_anew(currency, roots, &inner.master).await?;
        inner.ring.confirm(begun);
        Ok(read)
    }
}
