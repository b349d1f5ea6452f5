//! Policies that are put into force while tokens are exchanged.

use super::{WITHOUT_THE_WAIT, options, violations};
use crate::cache::decisions::{Decisions, SHIPPED};
use crate::cache::simulation::deployment::{Options, late_policy_takes_the_place, simulate};
use crate::policy;

#[test]
fn no_exchange_succeeds_by_a_policy_from_before_an_acknowledged_one() {
    let (mut policies, mut forbidden) = (0, 0);
    for seed in 0..20 {
        let seen = simulate(seed, &with_policies());
        assert_eq!(seen.violations.first(), None, "seed {seed}");
        policies += seen.policies;
        forbidden += seen.forbidden;
    }
    assert!(policies > 50 && forbidden > 1_000, "{policies} {forbidden}");
}

fn with_policies() -> Options {
    Options {
        changes_policy: true,
        ..options()
    }
}

/// What goes wrong by these decisions, where policies are put into force.
fn goes_wrong_with_policies_by(decisions: Decisions) {
    let options = Options {
        decisions,
        ..with_policies()
    };
    assert!(!violations(0..200, &options).is_empty());
}

#[test]
fn where_policies_are_put_back_none_from_before_counts() {
    let options = Options {
        puts_back: true,
        ..with_policies()
    };
    assert_eq!(violations(0..20, &options), Vec::<String>::new());
}

#[test]
fn without_the_wait_of_a_policy_it_goes_wrong() {
    goes_wrong_with_policies_by(WITHOUT_THE_WAIT);
}

#[test]
fn without_the_policy_that_a_grant_was_judged_by_it_goes_wrong() {
    goes_wrong_with_policies_by(Decisions {
        may_use: |is_of_this_log, is_vouched_for, _| is_of_this_log && is_vouched_for,
        ..SHIPPED
    });
}

#[test]
fn without_reading_the_policy_before_the_lease_is_renewed_it_goes_wrong() {
    goes_wrong_with_policies_by(Decisions {
        must_read_policy: |_| false,
        ..SHIPPED
    });
}

#[test]
fn without_reading_the_log_anew_that_may_have_gone_back_it_goes_wrong() {
    goes_wrong_with_policies_by(Decisions {
        policy: policy::Rules {
            must_read_log_anew: |_, _| false,
            ..policy::Rules::SHIPPED
        },
        ..SHIPPED
    });
}

#[test]
fn without_judging_the_policy_in_memory_by_the_log_it_goes_wrong() {
    goes_wrong_with_policies_by(Decisions {
        policy: policy::Rules {
            counts: |_| true,
            ..policy::Rules::SHIPPED
        },
        ..SHIPPED
    });
}

/// The lease doesn't outlast a read of the policy, so this needs a change whose transaction broke
/// while its thread was stopped. It is told here step by step.
#[test]
fn a_policy_that_a_stopped_thread_brings_late_takes_no_place() {
    assert!(!late_policy_takes_the_place(&with_policies()));
    let without = Options {
        decisions: Decisions {
            policy: policy::Rules {
                is_remembered: |_| true,
                ..policy::Rules::SHIPPED
            },
            ..SHIPPED
        },
        ..with_policies()
    };
    assert!(late_policy_takes_the_place(&without));
}
