//! A model against the use cases: whatever people do, in whatever order, the invariants hold.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod holder;
mod model;
mod owner;
mod run;
mod step;

use ats_pat_test_support::world::World;
use proptest::prelude::*;

use crate::run::{LIMIT, MAX_DAYS, MAX_HOURS, Run};
use crate::step::step;

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_steps_keeps_the_invariants(steps in proptest::collection::vec(step(), 20..60)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let database = ats_pat_test_support::sqlite();
            let world = World::with(database.url(), |settings| {
                settings.policy.base.max_active_tokens = u32::try_from(LIMIT).unwrap();
                settings.policy.base.max_lifetime_days = MAX_DAYS;
                settings.policy.base.max_overlap_hours = MAX_HOURS;
            })
            .await;
            world.add_user("ada").await;
            let mut run = Run { world, tokens: Vec::new(), disabled: false };
            for step in steps {
                run.take(step).await;
                run.check().await;
            }
            let report = run.world.service.operator().verify_audit().await.unwrap();
            assert_eq!(report.findings, Vec::<String>::new());
        });
    }
}
