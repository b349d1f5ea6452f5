//! Which policy is in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption};
use ats_pat_auth::Origin;
use ats_pat_domain::event::Head;
use ats_pat_domain::port::{StoreError, StoredPolicy};
use ats_pat_domain::{Policies, Tagged};
use parking_lot::Mutex;

use super::document::Written;
use super::rules::Rules;
use super::set::{OwnerPolicies, OwnerPolicy, Stored};
use crate::change::{Changes, Draft};
use crate::ledger::currency::{Currency, Patience};
use crate::ledger::rows::{Roots, Row, THE_POLICY};
use crate::service::error::Error;
use crate::service::settings::{PolicySource, Settings};

/// How often the row is read before it counts as missing.
const LOOKS: u32 = 2;

/// The policy in force: that of the settings, or the last one that was put into the database.
pub(crate) struct InForce {
    source: PolicySource,
    rules: Rules,
    expand_all_scope: bool,
    of_settings: ArcSwap<OwnerPolicies>,
    /// The set that was in force when it was looked at last; `None` before.
    last: ArcSwapOption<OwnerPolicies>,
    /// The number of the set in `last`, or else of the one in `of_settings`.
    number: AtomicU64,
    currency: Arc<Currency>,
    roots: Arc<Roots>,
    reading: tokio::sync::Mutex<()>,
    putting: Mutex<()>,
    #[cfg(test)]
    clock: Arc<dyn ats_pat_domain::port::Clock>,
}

impl InForce {
    pub(crate) fn new(settings: &Settings, changes: &Changes, rules: Rules) -> Self {
        let of_settings = OwnerPolicies::new(settings.policy.clone(), settings.expand_all_scope);
        let of_settings = Arc::new(of_settings);
        let known = settings.policy_source == PolicySource::File;
        Self {
            source: settings.policy_source,
            rules,
            expand_all_scope: settings.expand_all_scope,
            last: ArcSwapOption::new(known.then(|| Arc::clone(&of_settings))),
            number: AtomicU64::new(of_settings.number),
            of_settings: ArcSwap::new(of_settings),
            currency: Arc::clone(&changes.currency),
            roots: Arc::clone(&changes.roots),
            reading: tokio::sync::Mutex::new(()),
            putting: Mutex::new(()),
            #[cfg(test)]
            clock: Arc::clone(&changes.clock),
        }
    }

    /// Takes another policy of the settings. If one that was put into the database is in force, it
    /// stays in force.
    pub(crate) fn set_of_settings(&self, policies: Policies) {
        let set = Arc::new(OwnerPolicies::new(policies, self.expand_all_scope));
        self.of_settings.store(Arc::clone(&set));
        self.put(set);
    }

    pub(crate) fn source(&self) -> PolicySource {
        self.source
    }

    /// The set in force, by the log as far as it is known. Who goes by rows that were read before
    /// makes sure that it is known up to there.
    ///
    /// # Errors
    /// [`Error::PolicyMissing`]; [`Error::LogNotRead`] where the log was never read, or went back.
    pub(crate) async fn current(&self) -> Result<Arc<OwnerPolicies>, Error> {
        if self.source == PolicySource::Database && self.currency.is_ready().is_err() {
            self.currency.follow_to(Head::EMPTY).await?;
        }
        if let Some(last) = self.last_if_it_stands()? {
            return Ok(last);
        }
        let _one_at_a_time = self.reading.lock().await;
        match self.last_if_it_stands()? {
            Some(last) => Ok(last),
            None => self.read().await,
        }
    }

    /// The set in force at `head`, the end of the log as it was read just now, or later.
    ///
    /// # Errors
    /// As [`current`](Self::current).
    pub(crate) async fn at(&self, head: Head) -> Result<Arc<OwnerPolicies>, Error> {
        if self.source == PolicySource::Database {
            if (self.rules.must_read_log_anew)(self.currency.head(), head) {
                self.currency.follow_anew().await?;
            }
            self.currency.follow_to(head).await?;
        }
        self.current().await
    }

    /// The set in force where a change begins.
    ///
    /// # Errors
    /// As [`current`](Self::current).
    pub(crate) async fn in_change(&self, draft: &Draft<'_>) -> Result<Arc<OwnerPolicies>, Error> {
        if self.source == PolicySource::Database {
            draft.follow(Patience::Prompt).await?;
        }
        if let Some(last) = self.last_if_it_stands()? {
            return Ok(last);
        }
        let stored = draft.read().policy().current().await;
        let Some(stored) = stored.map_err(missing_if_unreadable)? else {
            return self.of_settings_if_none_is_named();
        };
        let origin = self.roots.origin(&stored);
        let row = draft.genuine(stored).await?;
        let (Some(origin), Some(row)) = (origin, row) else {
            return Err(Error::PolicyMissing);
        };
        self.install(&row, origin)
    }

    /// Whether the row in the database is that of a policy which this service put into force last.
    ///
    /// # Errors
    /// [`Error::LogNotRead`], and those of the database.
    pub(crate) async fn is_written(&self, draft: &Draft<'_>) -> Result<bool, Error> {
        match draft.read().policy().current().await {
            Ok(Some(stored)) => Ok(draft.genuine(stored).await?.is_some()),
            Ok(None) | Err(StoreError::Corrupt { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether nothing was put into force since a policy was looked up.
    pub(crate) fn is(&self, policy: &OwnerPolicy) -> bool {
        policy.set == self.number.load(Ordering::Acquire)
    }

    /// The last set, if it is still the one in force.
    fn last_if_it_stands(&self) -> Result<Option<Arc<OwnerPolicies>>, Error> {
        let Some(last) = self.last.load_full() else {
            return Ok(None);
        };
        let is_in_force = self.is_in_force(&last)?;
        Ok((self.rules.counts)(is_in_force).then_some(last))
    }

    fn is_in_force(&self, set: &OwnerPolicies) -> Result<bool, Error> {
        match (self.source, set.stored) {
            (PolicySource::File, _) => Ok(true),
            // A read that is slow may bring the settings of before they were read anew.
            (PolicySource::Database, None) => {
                Ok(set.number == self.of_settings.load().number
                    && !self.currency.names_a_policy()?)
            }
            (PolicySource::Database, Some(Stored { origin, .. })) => {
                let stands = self
                    .currency
                    .judge(StoredPolicy::TABLE, THE_POLICY, origin)?;
                // A log that went back may tell of none at all.
                Ok(stands && self.currency.names_a_policy()?)
            }
        }
    }

    async fn read(&self) -> Result<Arc<OwnerPolicies>, Error> {
        for _ in 0..LOOKS {
            let read = || async {
                let stored = self.currency.store().vital().policy().current().await;
                stored.map_err(missing_if_unreadable)
            };
            let judge = |stored: Tagged<StoredPolicy>| {
                let origin = self.roots.origin(&stored);
                self.currency.check(stored).map(|row| (row, origin))
            };
            match self.currency.judged(read, judge).await? {
                Some(Ok((row, Some(origin)))) => {
                    #[cfg(test)]
                    self.let_others_on().await;
                    return self.install(&row, origin);
                }
                Some(_) => return Err(Error::PolicyMissing),
                // The first one may have been put there since it was looked for.
                None => match self.of_settings_if_none_is_named() {
                    Err(Error::PolicyMissing) => {}
                    other => return other,
                },
            }
        }
        Err(Error::PolicyMissing)
    }

    fn of_settings_if_none_is_named(&self) -> Result<Arc<OwnerPolicies>, Error> {
        if self.currency.names_a_policy()? {
            return Err(Error::PolicyMissing);
        }
        Ok(self.put(self.of_settings.load_full()))
    }

    fn install(&self, row: &StoredPolicy, origin: Origin) -> Result<Arc<OwnerPolicies>, Error> {
        let (policies, cuts) = Written::of_row(row)?;
        let set = OwnerPolicies::new(policies, self.expand_all_scope);
        Ok(self.put(Arc::new(set.stored_as(Stored { origin, cuts }))))
    }

    /// Remembers a set, unless another was put into force since it was read: a read that is slow
    /// must not take the place of a later one.
    pub(crate) fn put(&self, set: Arc<OwnerPolicies>) -> Arc<OwnerPolicies> {
        let _one_at_a_time = self.putting.lock();
        let is_in_force = self.is_in_force(&set).unwrap_or(false);
        if (self.rules.is_remembered)(is_in_force) {
            self.last.store(Some(Arc::clone(&set)));
            self.number.store(set.number, Ordering::Release);
        }
        set
    }

    #[cfg(test)]
    async fn let_others_on(&self) {
        let stops = (self.rules.thread_stops)(self.clock.since_boot());
        if !stops.is_zero() {
            tokio::time::sleep(stops).await;
        }
    }
}

/// A row that can't be read is not one that this service wrote.
fn missing_if_unreadable(error: StoreError) -> Error {
    match error {
        StoreError::Corrupt { .. } => Error::PolicyMissing,
        error => error.into(),
    }
}
