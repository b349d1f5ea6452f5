//! A deployment in virtual time: several servers and an admin program over one database, with
//! delays, partitions, suspended machines, restarts, fail-overs, and transactions that fail, end
//! unseen, or lose their answers. What runs is the code that ships; only the database, the clocks
//! and the randomness are simulated, and a seed determines all of it.
//!
//! Two questions. Does an exchange succeed that began after a revocation was acknowledged, or long
//! after it was committed, or against a policy, or does it sign by a key of which that is true? Is
//! something acknowledged that the database does not hold? By the decisions that ship neither may
//! be; with a wrong one in the place of any of them one must be, or else the simulation could not
//! tell.

mod chance;
mod database;
mod deployment;
mod machine;
mod policies;
mod store;

use std::time::Duration;

use ats_pat_domain::port::Randomness as _;

use crate::cache::decisions::{Decisions, SETTLED_AFTER, SHIPPED};
use crate::cache::simulation::deployment::{
    Options, late_first_use_leaves_the_overlap, simulate, time_of_an_end_that_is_not_said,
    what_a_lost_secret_does,
};
use crate::cache::simulation::store::Transactions;
use crate::change::Taken;
use crate::ledger::currency;
use crate::service::system::SystemRandomness;

/// So many virtual steps are taken for each seed.
const STEPS: u32 = 3000;

fn options() -> Options {
    Options {
        decisions: SHIPPED,
        reads_lag: None,
        transactions: None,
        alone: false,
        rotates_twice: false,
        puts_back: false,
        changes_policy: false,
        signs_in: false,
        steps: STEPS,
    }
}

/// What went wrong in the runs of these seeds, up to the first run in which something did.
fn violations(seeds: std::ops::Range<u64>, options: &Options) -> Vec<String> {
    seeds
        .map(|seed| simulate(seed, options).violations)
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

#[test]
fn no_exchange_succeeds_that_began_after_an_acknowledged_revocation() {
    let (mut exchanges, mut renewed) = ((0, 0), 0);
    for seed in 0..20 {
        let seen = simulate(seed, &options());
        assert_eq!(seen.violations.first(), None, "seed {seed}");
        exchanges = (exchanges.0 + seen.succeeded, exchanges.1 + seen.refused);
        renewed += seen.renewed;
    }
    // It would prove nothing if nothing happened.
    assert!(exchanges.0 > 10_000 && exchanges.1 > 1_000, "{exchanges:?}");
    assert!(renewed > 50, "{renewed}");
}

#[test]
fn transactions_that_fail_lose_nothing_that_was_acknowledged() {
    assert_eq!(
        with_transactions(Transactions::PROVEN),
        Vec::<String>::new()
    );
}

#[test]
fn a_server_that_is_alone_acknowledges_at_once_and_is_right() {
    let options = Options {
        alone: true,
        ..options()
    };
    assert_eq!(violations(100..110, &options), Vec::<String>::new());
}

#[test]
fn a_run_is_determined_by_its_seed() {
    let [one, again, other] = [7, 7, 8].map(|seed| simulate(seed, &options()));
    assert_eq!(one, again);
    assert_ne!(one, other);
}

/// The long form: `cargo nextest run -p ats-pat-service --release --run-ignored only
/// millions_of_steps`.
#[test]
#[ignore = "millions of steps take minutes"]
fn millions_of_steps_find_nothing() {
    let mut first = [0; 8];
    SystemRandomness.fill(&mut first).unwrap();
    let first = u64::from_le_bytes(first);
    for number in 0..1500 {
        let seed = first.wrapping_add(number);
        let options = Options {
            transactions: (number % 2 == 0).then_some(Transactions::PROVEN),
            changes_policy: number % 3 == 0,
            ..options()
        };
        let found = simulate(seed, &options).violations;
        assert_eq!(found.first(), None, "seed {seed}");
    }
}

/// What goes wrong by these decisions.
fn goes_wrong_by(decisions: Decisions) {
    let options = Options {
        decisions,
        ..options()
    };
    assert!(!violations(0..200, &options).is_empty());
}

#[test]
fn without_the_wait_it_goes_wrong() {
    goes_wrong_by(WITHOUT_THE_WAIT);
}

const WITHOUT_THE_WAIT: Decisions = Decisions {
    must_wait: |taken| matches!(taken, Taken::Before),
    ..SHIPPED
};

#[test]
fn without_the_wait_of_a_revocation_that_found_it_revoked_it_goes_wrong() {
    goes_wrong_by(Decisions {
        must_wait: |taken| matches!(taken, Taken::Now),
        ..SHIPPED
    });
}

#[test]
fn without_the_wait_for_a_secret_that_took_over_just_now_it_goes_wrong() {
    goes_wrong_by(Decisions {
        takes_over: |_| false,
        ..SHIPPED
    });
}

/// The next secret may get the generation of the one that was lost.
#[test]
fn a_secret_that_a_fail_over_lost_confirms_no_other_and_gets_none() {
    let done = what_a_lost_secret_does(&options());
    assert_eq!(done, Vec::<&str>::new());
}

/// The overlap is the secret's own by then: its first use ends the one of the secret before.
#[test]
fn a_first_use_that_comes_late_does_not_end_the_overlap_of_its_own_secret() {
    assert!(late_first_use_leaves_the_overlap(&options()));
}

#[test]
fn a_change_that_ends_a_token_waits_whatever_it_says() {
    assert!(time_of_an_end_that_is_not_said(&options()) >= SETTLED_AFTER);
    let without = Options {
        decisions: WITHOUT_THE_WAIT,
        ..options()
    };
    assert!(time_of_an_end_that_is_not_said(&without) < SETTLED_AFTER);
}

#[test]
fn without_the_check_of_the_lease_it_goes_wrong() {
    goes_wrong_by(Decisions {
        may_answer: |_, _| true,
        ..SHIPPED
    });
}

#[test]
fn without_the_rule_for_fills_it_goes_wrong() {
    let options = Options {
        decisions: Decisions {
            kept_as_of: |_, after, _| after,
            ..SHIPPED
        },
        ..options()
    };
    // It is rare: a slow read and a change of the same token must meet.
    assert!(!violations(340..400, &options).is_empty());
}

#[test]
fn without_the_rule_for_joining_a_read_it_goes_wrong() {
    let options = Options {
        decisions: Decisions {
            joins_from: |_| Duration::ZERO,
            may_take: |_, _| true,
            ..SHIPPED
        },
        ..options()
    };
    // It is rare: an earlier beginning would only take longer.
    assert!(!violations(100..300, &options).is_empty());
}

#[test]
fn without_the_proof_that_a_read_is_of_the_same_log_it_goes_wrong() {
    goes_wrong_by(Decisions {
        may_use: |_, is_vouched_for, is_by_this_policy| is_vouched_for && is_by_this_policy,
        ..SHIPPED
    });
}

#[test]
fn without_asking_for_the_last_event_again_it_goes_wrong() {
    goes_wrong_by(Decisions {
        polls_from: |last| last.seq + 1,
        newer: |_, events| Some(events),
        ..SHIPPED
    });
}

#[test]
fn without_reading_the_ring_before_the_lease_is_renewed_it_goes_wrong() {
    goes_wrong_by(Decisions {
        must_read_ring: |_, is_of_this_log| is_of_this_log == Some(false),
        ..SHIPPED
    });
}

#[test]
fn without_the_proof_that_the_ring_is_of_the_same_log_it_goes_wrong() {
    let options = Options {
        rotates_twice: true,
        ..options()
    };
    assert_eq!(violations(0..20, &options), Vec::<String>::new());
    // Without the proof a key that was destroyed is one that was put back, and that is found too.
    let without = Options {
        decisions: Decisions {
            ring_is_of_this_log: |_, _, _| true,
            ..WITHOUT_CURRENCY
        },
        ..options
    };
    assert!(!violations(0..200, &without).is_empty());
}

#[test]
fn without_the_proof_that_a_row_stands_there_what_was_put_back_counts() {
    let options = Options {
        puts_back: true,
        ..options()
    };
    assert_eq!(violations(0..20, &options), Vec::<String>::new());
    let without = Options {
        decisions: WITHOUT_CURRENCY,
        ..options
    };
    assert!(!violations(0..20, &without).is_empty());
}

const WITHOUT_CURRENCY: Decisions = Decisions {
    currency: currency::Rules {
        is_enough: |_, _| true,
        counts: |_| true,
    },
    ..SHIPPED
};

fn with_sign_ins() -> Options {
    Options {
        signs_in: true,
        ..options()
    }
}

#[test]
fn no_exchange_succeeds_of_an_owner_who_has_not_signed_in_for_too_long() {
    let (mut succeeded, mut overdue) = (0, 0);
    for seed in 0..20 {
        let seen = simulate(seed, &with_sign_ins());
        assert_eq!(seen.violations.first(), None, "seed {seed}");
        succeeded += seen.succeeded;
        overdue += seen.overdue;
    }
    assert!(
        succeeded > 1_000 && overdue > 1_000,
        "{succeeded} {overdue}"
    );
}

#[test]
fn without_the_instant_at_which_a_sign_in_lapses_it_goes_wrong() {
    let options = Options {
        decisions: Decisions {
            lapse: |_, _| None,
            ..SHIPPED
        },
        ..with_sign_ins()
    };
    assert!(!violations(0..20, &options).is_empty());
}

#[test]
fn without_reading_from_the_primary_it_goes_wrong() {
    let options = Options {
        reads_lag: Some(Duration::from_secs(1)),
        ..options()
    };
    assert!(!violations(0..200, &options).is_empty());
}

fn with_transactions(transactions: Transactions) -> Vec<String> {
    let options = Options {
        transactions: Some(transactions),
        ..options()
    };
    violations(0..40, &options)
}

#[test]
fn without_closing_a_connection_whose_commit_failed_it_goes_wrong() {
    let found = with_transactions(Transactions {
        close_after_failure: false,
        // An honest database shows the rows of an open transaction to its own connection only.
        look_after_commit: false,
    });
    assert!(!found.is_empty());
}

#[test]
fn without_looking_for_the_event_after_commit_it_goes_wrong() {
    let found = with_transactions(Transactions {
        look_after_commit: false,
        ..Transactions::PROVEN
    });
    assert!(!found.is_empty());
}
