//! The decisions of the cache: what may be answered, kept, joined and waited for. Each is a pure
//! function.
//!
//! Servers use [`SHIPPED`]. The simulation replaces one of them by another function, and must then
//! find an error.

use std::time::Duration;

use ats_pat_domain::event::Head;
use ats_pat_domain::{Event, Lapse, SignInRule, User};

use crate::cache::feed::AsOf;
use crate::change::Taken;
use crate::ledger::behind;
use crate::ledger::currency;
use crate::policy;
use crate::service::settings::PolicySource;

/// How long a server may answer from memory after the start of a poll. It is a constant because all
/// servers of a deployment must use the same.
pub(crate) const LEASE: Duration = Duration::from_millis(200);
/// How long after its commit a change that takes rights away is acknowledged. By then every earlier
/// lease has ended. A quarter of the time is a reserve, because clocks run at different speeds.
pub(crate) const SETTLED_AFTER: Duration = Duration::from_millis(250);

/// Each decision, as a function.
#[derive(Clone, Copy)]
pub(crate) struct Decisions {
    /// Whether a change that took this away is acknowledged only when every earlier lease has
    /// ended. This includes a change that found nothing to do, because another call may have done
    /// it just now.
    pub(crate) must_wait: fn(Taken) -> bool,
    /// Whether an exchange with a secret waits as such a change does, because the first exchange
    /// with it took over so long ago, by the clocks of two servers. Until that one is answered,
    /// other servers may answer by the secret before.
    pub(crate) takes_over: fn(ago: Duration) -> bool,
    /// Whether a request is answered from memory. The arguments are when the last complete poll
    /// began, and when the request arrived.
    pub(crate) may_answer: fn(Option<Duration>, Duration) -> bool,
    /// Whether a grant in memory is used: what the read saw is of the log that is followed, nothing
    /// was applied since that concerns it, and the policy that it was judged by is in force.
    pub(crate) may_use:
        fn(is_of_this_log: bool, is_vouched_for: bool, is_by_this_policy: bool) -> bool,
    /// When the tokens of an owner stop who must sign in at the identity provider. A grant in
    /// memory has that instant, because no event tells of it.
    pub(crate) lapse: fn(&User, &[SignInRule]) -> Option<Lapse>,
    /// As of when a grant is kept, by where the feed was before and after the read, and the end of
    /// the log that the read saw. `None` does not keep it.
    pub(crate) kept_as_of: fn(Option<AsOf>, Option<AsOf>, Head) -> Option<AsOf>,
    /// When a read must begin at the earliest, so that a request that arrived then may join it.
    pub(crate) joins_from: fn(Duration) -> Duration,
    /// Whether a request uses the result of the read that it joined. The arguments are whether the
    /// read began after the request arrived, and whether the result may be used.
    pub(crate) may_take: fn(began_after: bool, may_use: bool) -> bool,
    /// The first event that a poll reads. The argument is the last applied event.
    pub(crate) polls_from: fn(Head) -> i64,
    /// The events after the last applied event. `None` if another event, or none, has its number.
    pub(crate) newer: for<'a> fn(Head, &'a [Event]) -> Option<&'a [Event]>,
    /// Whether a poll reads the signing keys before it renews the lease. The arguments are whether
    /// it found a rotation, and whether its last read of the keys belongs to the log that is
    /// followed.
    pub(crate) must_read_ring: fn(keys_changed: bool, is_of_this_log: Option<bool>) -> bool,
    /// Whether a read of the signing keys belongs to the log that is followed. The arguments are
    /// the end of the log that the read saw, the last applied event, and whether that end was
    /// applied.
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
    // Clocks that differ by more than this are wrong.
    takes_over: |ago| ago < Duration::from_mins(10),
    may_answer: |lease_began, arrived| {
        lease_began.is_some_and(|began| arrived.saturating_sub(began) < LEASE)
    },
    may_use: |is_of_this_log, is_vouched_for, is_by_this_policy| {
        is_of_this_log && is_vouched_for && is_by_this_policy
    },
    lapse: Lapse::of,
    // A read that saw less than was applied came from a server that is the primary no more.
    kept_as_of: |before, after, saw| {
        before.filter(|before| {
            before.is_covered_by(saw) && after.is_some_and(|after| after.is_in_log_of(*before))
        })
    },
    // A read that began less than a lease before the request saw every change that was acknowledged
    // before it, because a change is acknowledged more than a lease after its commit.
    joins_from: |arrived| arrived.saturating_sub(LEASE),
    // A read that began before the request may lack what its caller has just done.
    may_take: |began_after, may_use| began_after || may_use,
    // The last event is read again, to notice a log that went back.
    polls_from: |last| last.seq.max(1),
    newer: behind,
    must_read_ring: |keys_changed, is_of_this_log| keys_changed || is_of_this_log == Some(false),
    // A read that saw less came from a server that is no longer the primary.
    ring_is_of_this_log: |saw, last, is_applied| saw.seq >= last.seq && is_applied,
    must_read_policy: |source| matches!(source, PolicySource::Database),
    policy: policy::Rules::SHIPPED,
    currency: currency::Rules::SHIPPED,
};

/// The decisions of a server. They are constants, so that each call is direct. Only the simulation
/// changes them.
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
