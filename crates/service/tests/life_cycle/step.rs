//! What people do.

use proptest::prelude::*;

pub const NAMES: [&str; 5] = ["ci", "CI", "build", "deploy", "test"];

#[derive(Clone, Debug)]
pub enum Step {
    Create {
        name: usize,
        seconds: u64,
        /// For how long it may renew itself, if it may.
        renews: Option<u64>,
    },
    /// It gets a secret by itself, for one of those that it has.
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
}

pub fn step() -> impl Strategy<Value = Step> {
    let seconds = prop_oneof![1 => 0_u64..5, 4 => 1_000_u64..200_000];
    // Sooner than an authentication token would end, in half of the cases.
    let left = prop_oneof![1 => 0_u64..5, 2 => 5_u64..250, 2 => 1_000_u64..200_000];
    prop_oneof![
        3 => (0..NAMES.len(), seconds.clone(), proptest::option::weighted(0.8, 100_000_u64..170_000))
            .prop_map(|(name, seconds, renews)| Step::Create { name, seconds, renews }),
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
