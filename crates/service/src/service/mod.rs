//! The type `Service`, which has all use cases.

pub(crate) mod background;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod figures;
pub(crate) mod health;
pub(crate) mod limits;
pub(crate) mod open;
pub(crate) mod refusals;
pub(crate) mod reuses;
pub(crate) mod security;
pub(crate) mod settings;
pub(crate) mod system;
pub(crate) mod turns;
pub(crate) mod work;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ats_pat_auth::{MasterKeys, Minter};
use ats_pat_domain::event::Head;
use ats_pat_domain::policy::latest_expiry;
use ats_pat_domain::port::{IdentityProvider, Store};
use ats_pat_domain::scope::{ALL, INTROSPECT};
use ats_pat_domain::{Policies, SignInRule, Timestamp};

use crate::cache::ExchangeCache;
use crate::change::{Authority, Change, Changes, Taken};
use crate::exchange::token_ids::TokenIds;
use crate::ledger::currency::Currency;
use crate::ledger::rows::Roots;
use crate::operator::BulkJobs;
use crate::operator::operator_keys::KeysSeen;
use crate::policy::{InForce, OwnerPolicies};
use crate::service::background::findings::Findings;
use crate::service::error::{Error, causes};
use crate::service::figures::noted::Noted;
use crate::service::limits::Limits;
use crate::service::reuses::Reuses;
use crate::service::settings::Settings;
use crate::service::work::places::WorkTurns;
use crate::sessions::SignedIn;
use crate::sessions::passwords::Passwords;
use crate::status::StatusLists;
use crate::view::{PolicyView, ServiceAccountView, TokenView};

/// How long verifiers wait for the database before they get the last known answer.
pub(crate) const SOON: Duration = Duration::from_millis(250);

/// The use cases on one database. It is cheap to clone, and all clones are the same service.
#[derive(Clone)]
pub struct Service {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) settings: Settings,
    pub(crate) changes: Changes,
    pub(crate) master: Arc<MasterKeys>,
    /// For the default audience.
    pub(crate) minter: Minter,
    /// For all audiences. Narrowed tokens are made from it.
    pub(crate) whole_minter: Minter,
    pub(crate) policies: Arc<InForce>,
    pub(crate) cache: Arc<ExchangeCache>,
    pub(crate) passwords: Passwords,
    pub(crate) work: WorkTurns,
    pub(crate) limits: Limits,
    pub(crate) reuses: Reuses,
    pub(crate) token_ids: TokenIds,
    pub(crate) status_lists: StatusLists,
    pub(crate) findings: Findings,
    pub(crate) keys_seen: KeysSeen,
    pub(crate) bulk: BulkJobs,
    pub(crate) providers: Vec<Arc<dyn IdentityProvider>>,
    pub(crate) noted: Noted,
    /// Whether this server ends soon.
    pub(crate) ends: AtomicBool,
}

impl Service {
    /// The policy for the user's own tokens.
    pub async fn policy(&self, by: &SignedIn) -> Result<PolicyView, Error> {
        self.policy_for(by, None).await
    }

    /// The policy for tokens that the user creates for a service account, which may be in other
    /// groups.
    pub async fn policy_for(
        &self,
        by: &SignedIn,
        account: Option<&ServiceAccountView>,
    ) -> Result<PolicyView, Error> {
        let groups = account.map_or(&by.user.groups, |account| &account.groups);
        let policies = self.policies().await?;
        // The signed-in user gives the password, even for tokens of a service account.
        let own = policies.of(&by.user.groups);
        Ok(PolicyView {
            recent_sign_in_minutes: own.rules.recent_sign_in_minutes,
            ..PolicyView::new(&policies.of(groups).rules, &by.user)
        })
    }

    /// Takes another policy of the settings, for this server only. It counts from the next request
    /// on, unless one that was put into the database is in force.
    pub fn reload_policy(&self, policies: Policies) {
        self.inner.policies.set_of_settings(policies);
    }

    /// The policy in force.
    pub(crate) async fn policies(&self) -> Result<Arc<OwnerPolicies>, Error> {
        self.inner.policies.current().await
    }

    /// When a token would expire under this policy if it were regenerated now without a new expiry.
    pub fn renewed(&self, policy: &PolicyView, token: &TokenView) -> Timestamp {
        let now = self.now();
        let since = token.regenerated_at.unwrap_or(token.created_at);
        let latest = latest_expiry(policy.max_lifetime_days, now);
        now.after(token.expires_at.since(since)).min(latest)
    }

    /// The issuer of the authentication tokens, which is the public URL.
    pub fn issuer(&self) -> &str {
        &self.inner.settings.issuer
    }

    /// The audiences of an authentication token if its exchange names none, separated by single
    /// spaces.
    pub fn default_audience(&self) -> String {
        self.inner.minter.audience().to_string()
    }

    /// Every scope that an authentication token may have here.
    pub async fn scope_names(&self) -> Result<Vec<String>, Error> {
        let policies = self.policies().await?;
        let catalogue = policies.widest().scopes.iter();
        let names = std::iter::once(ALL)
            .chain(catalogue.map(|scope| scope.name.as_str()))
            .chain([INTROSPECT]);
        Ok(names.map(ToOwned::to_owned).collect())
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.changes.store
    }

    /// Reads the log, so that lists can leave out rows that were put back. If the log can't be
    /// read, the lists are shown all the same.
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

    /// When users of identity providers must sign in there.
    pub(crate) fn sign_in_rules(&self) -> &[SignInRule] {
        &self.inner.changes.sign_ins
    }

    pub(crate) fn roots(&self) -> &Roots {
        &self.inner.changes.roots
    }

    /// The time that the use cases use. Pages use it too.
    pub fn now(&self) -> Timestamp {
        self.inner.changes.clock.now()
    }

    /// How long ago `at` was. Both are times since boot.
    pub(crate) fn age(&self, at: Duration) -> Duration {
        self.inner.changes.clock.since_boot().saturating_sub(at)
    }

    /// Refuses to grant anything from a database that lacks events that this server saw, because
    /// revoked tokens would work again.
    pub(crate) fn require_log(&self) -> Result<(), Error> {
        if self.inner.changes.anchor.is_lost() {
            Err(Error::LogLost)
        } else {
            Ok(())
        }
    }

    /// Polls the event log until `shutdown` is ready.
    pub async fn run_feed(&self, shutdown: impl Future<Output = ()> + Send) {
        self.inner.cache.follow(shutdown).await;
    }

    /// Runs every change: under `authority`, and returns once no server answers from before it.
    ///
    /// # Errors
    /// Those of the check of the authority, then those of the change.
    pub(crate) async fn change<C: Change>(
        &self,
        authority: Authority,
        change: C,
    ) -> Result<C::Output, Error> {
        let (output, taken) = self.inner.changes.run(authority, change).await?;
        self.inner.cache.settle(taken).await;
        Ok(output)
    }

    /// Waits like a change that finds its rights already taken away. For use cases that find this
    /// out by a read, and make no change.
    pub(crate) async fn wait_for_taken_before(&self) {
        self.inner.cache.settle(Taken::Before).await;
    }
}
