//! The steps of users.

use proptest::prelude::*;

use crate::rules::Said;

pub const NAMES: [&str; 5] = ["ci", "CI", "build", "deploy", "test"];

#[derive(Clone, Debug)]
pub enum Step {
    Create {
        name: usize,
        seconds: u64,
        /// How long it may regenerate itself, if it may.
        renews: Option<u64>,
        /// Whether it carries all of its owner's rights.
        all: bool,
    },
    /// It regenerates itself with one of its secrets.
    Renew {
        token: usize,
        secret: usize,
        seconds: Option<u64>,
    },
    RevokeAsHolder {
        token: usize,
        secret: usize,
    },
    Regenerate {
        token: usize,
        seconds: Option<u64>,
        hours: u32,
        first_use: bool,
    },
    EndOverlap {
        token: usize,
    },
    Revoke {
        token: usize,
    },
    Update {
        token: usize,
        name: Option<usize>,
        seconds: Option<u64>,
    },
    Exchange {
        token: usize,
        secret: usize,
    },
    Wait {
        millis: u64,
    },
    Disable,
    Enable,
    SetInGroup {
        in_group: bool,
    },
    SetPolicy {
        base: Said,
        group: Said,
        /// Whether tokens of before are cut to it.
        enforces: bool,
    },
}

/// What a policy says, mostly generous: one that forbids everything tests nothing more.
fn said(how_often: f64) -> impl Strategy<Value = Said> {
    use proptest::option::weighted;
    let mostly = || weighted(how_often, prop::bool::weighted(0.75));
    (
        // So few days that most tokens are cut to them.
        weighted(how_often, prop_oneof![2 => Just(1_u32), 1 => 2_u32..4]),
        weighted(how_often, 1_u32..4),
        weighted(how_often, 0_u32..30),
        mostly(),
        mostly(),
        mostly(),
        mostly(),
    )
        .prop_map(
            |(max_days, max_active, max_hours, may_create, may_renew, may_have_all, from_here)| {
                Said {
                    max_days,
                    max_active,
                    max_hours,
                    may_create,
                    may_renew,
                    may_have_all,
                    from_here,
                }
            },
        )
}

pub fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![1 => 0_u64..5, 4 => 1_000_u64..200_000];
    // In half of the cases sooner than an authentication token would end.
    let left = prop_oneof![1 => 0_u64..5, 2 => 5_u64..250, 2 => 1_000_u64..200_000];
    prop_oneof![
        3 => (0..NAMES.len(), seconds.clone(), proptest::option::weighted(0.8, 100_000_u64..170_000), prop::bool::weighted(0.7))
            .prop_map(|(name, seconds, renews, all)| Step::Create { name, seconds, renews, all }),
        6 => (0_usize..3, 0_usize..3, proptest::option::weighted(0.3, seconds.clone()))
            .prop_map(|(token, secret, seconds)| Step::Renew { token, secret, seconds }),
        1 => (0_usize..3, 0_usize..5).prop_map(|(token, secret)| Step::RevokeAsHolder { token, secret }),
        3 => (0_usize..4, proptest::option::of(seconds), prop_oneof![Just(0_u32), 0_u32..30], any::<bool>())
            .prop_map(|(token, seconds, hours, first_use)| Step::Regenerate { token, seconds, hours, first_use }),
        1 => (0_usize..4).prop_map(|token| Step::EndOverlap { token }),
        2 => (0_usize..4).prop_map(|token| Step::Revoke { token }),
        3 => (0_usize..4, proptest::option::of(0..NAMES.len()), proptest::option::of(left)).prop_map(|(token, name, seconds)| Step::Update { token, name, seconds }),
        6 => (0_usize..3, 0_usize..4).prop_map(|(token, secret)| Step::Exchange { token, secret }),
        2 => prop_oneof![3 => 0_u64..3_000, 1 => 0_u64..100_000_000].prop_map(|millis| Step::Wait { millis }),
        1 => Just(Step::Disable),
        1 => Just(Step::Enable),
    ]
}

/// The same, and what the operator does to the policy and to who is in the group.
pub fn step_or_policy() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => step(),
        1 => any::<bool>().prop_map(|in_group| Step::SetInGroup { in_group }),
        3 => (said(0.6), said(0.3), prop::bool::weighted(0.7))
            .prop_map(|(base, group, enforces)| Step::SetPolicy { base, group, enforces }),
    ]
}
