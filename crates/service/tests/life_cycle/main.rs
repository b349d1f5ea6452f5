//! A model beside the use cases: the invariants are true after any sequence of steps.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod holder;
mod model;
mod operator;
mod owner;
mod rules;
mod run;
mod step;

use ats_pat_service::PolicySource;
use ats_pat_test_support::world::World;
use proptest::prelude::*;

use crate::rules::{Said, policies};
use crate::run::Run;
use crate::step::{Step, step, step_or_policy};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn take(steps: Vec<Step>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let database = ats_pat_test_support::sqlite();
        let world = World::with(database.url(), |settings| {
            settings.policy = policies(Said::default(), Said::default());
            settings.policy_source = PolicySource::Database;
        })
        .await;
        world.add_user("ada").await;
        let mut run = Run::new(world);
        for step in steps {
            run.take(step).await;
            run.check().await;
        }
        let report = run.world.service.operator().verify_audit().await.unwrap();
        assert_eq!(report.findings, Vec::<String>::new());
    });
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn any_sequence_of_steps_keeps_the_invariants(steps in proptest::collection::vec(step(), 20..60)) {
        take(steps);
    }
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn so_does_any_in_which_the_policy_and_the_groups_change(
        steps in proptest::collection::vec(step_or_policy(), 20..60),
    ) {
        take(steps);
    }
}
