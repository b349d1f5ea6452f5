//! What the cache decides: what may be answered from, kept, joined and waited for. Each decision is
//! a pure function.
//!
//! A server goes by [`SHIPPED`]. The simulation puts another function in the place of one of them,
//! and must see what goes wrong.

use std::time::Duration;

use ats_pat_domain::Event;
use ats_pat_domain::event::Head;

use crate::cache::feed::AsOf;
use crate::change::Taken;
use crate::ledger::behind;
use crate::ledger::currency;
use crate::policy;
use crate::service::settings::PolicySource;

/// For how long a poll of the event log lets a server answer from memory. Every server of a
/// deployment goes by the same: a constant of the release.
pub(crate) const LEASE: Duration = Duration::from_millis(200);
/// How long after its commit a change that takes rights away is acknowledged: every lease from
/// before has ended, with a quarter to spare for clocks that run at different speeds.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_millis(250);

/// Each decision, as a function.
#[derive(Clone, Copy)]
pub(crate) struct Decisions {
    /// Whether a change that took this is acknowledged only once every lease from before has ended.
    /// So is one that found nothing to change, because another call may have done it just now.
    pub(crate) must_wait: fn(Taken) -> bool,
    /// Whether a request is answered from memory, by when the last complete poll began and when the
    /// request arrived.
    pub(crate) may_answer: fn(Option<Duration>, Duration) -> bool,
    /// Whether a grant in memory is used: what the read saw is of the log that is followed, nothing
    /// was applied since that concerns it, and the policy that it was judged by is in force.
    pub(crate) may_use:
        fn(is_of_this_log: bool, is_vouched_for: bool, is_by_this_policy: bool) -> bool,
    /// As of when a grant is kept, by where the feed was before and after the read, and the end of
    /// the log that the read saw. `None` does not keep it.
    pub(crate) kept_as_of: fn(Option<AsOf>, Option<AsOf>, Head) -> Option<AsOf>,
    /// When a read must begin, at the earliest, for a request that arrived then to join it.
    pub(crate) joins_from: fn(Duration) -> Duration,
    /// Whether a request takes what the read found that it joined: by whether the read began after
    /// it arrived, and whether what it found may be used.
    pub(crate) may_take: fn(began_after: bool, may_use: bool) -> bool,
    /// The first event that a poll asks for, by the last one that was applied.
    pub(crate) polls_from: fn(Head) -> i64,
    /// The events behind the last one that was applied; `None` where another one, or none, is in
    /// its place.
    pub(crate) newer: for<'a> fn(Head, &'a [Event]) -> Option<&'a [Event]>,
    /// Whether a poll reads the ring before it renews the lease: by whether it found a rotation,
    /// and whether what it read of the ring is of the log that is followed.
    pub(crate) must_read_ring: fn(keys_changed: bool, is_of_this_log: Option<bool>) -> bool,
    /// Whether what was read of the ring is of the log that is followed: by the end of the log that
    /// the read saw, the last event that was applied, and whether that end was applied.
    pub(crate) ring_is_of_this_log: fn(Head, Head, is_applied: bool) -> bool,
    /// Whether a poll looks at the policy before it renews the lease, by where the policy is.
    pub(crate) must_read_policy: fn(PolicySource) -> bool,
    /// Which policy is gone by.
    pub(crate) policy: policy::Rules,
    /// Whether a row that was read counts.
    pub(crate) currency: currency::Rules,
}

/// The decisions of every server.
pub(crate) const SHIPPED: Decisions = Decisions {
    must_wait: |taken| matches!(taken, Taken::Before | Taken::Now),
    may_answer: |lease_began, arrived| {
        lease_began.is_some_and(|began| arrived.saturating_sub(began) < LEASE)
    },
    may_use: |is_of_this_log, is_vouched_for, is_by_this_policy| {
        is_of_this_log && is_vouched_for && is_by_this_policy
    },
    // A read that saw less than was applied came from a server that is the primary no more.
    kept_as_of: |before, after, saw| {
        before.filter(|before| {
            before.is_covered_by(saw) && after.is_some_and(|after| after.is_in_log_of(*before))
        })
    },
    // A read that began less than a lease before saw every change that was acknowledged before the
    // request: its acknowledgement came later than a lease after its commit.
    joins_from: |arrived| arrived.saturating_sub(LEASE),
    // A read that began before the request may lack what its caller did just before.
    may_take: |began_after, may_use| began_after || may_use,
    // Once more, so that a log that went back is seen.
    polls_from: |last| last.seq.max(1),
    newer: behind,
    must_read_ring: |keys_changed, is_of_this_log| keys_changed || is_of_this_log == Some(false),
    // An older one came from a server that is the primary no more.
    ring_is_of_this_log: |saw, last, is_applied| saw.seq >= last.seq && is_applied,
    must_read_policy: |source| matches!(source, PolicySource::Database),
    policy: policy::Rules::SHIPPED,
    currency: currency::Rules::SHIPPED,
};

/// The decisions that a server goes by: a constant, so that each call is a direct one. Only the
/// simulation sets others.
#[derive(Clone, Copy, Default)]
pub(crate) struct Rules(#[cfg(test)] pub(crate) Decisions);

impl std::ops::Deref for Rules {
    type Target = Decisions;

    #[cfg(not(test))]
    fn deref(&self) -> &Decisions {
        &SHIPPED
    }

    #[cfg(test)]
    fn deref(&self) -> &Decisions {
        &self.0
    }
}

#[cfg(test)]
impl Default for Decisions {
    fn default() -> Self {
        SHIPPED
    }
}
