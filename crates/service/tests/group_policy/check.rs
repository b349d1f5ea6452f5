//! What a policy would do, before it is in force.

use ats_pat_domain::Policies;
use ats_pat_service::NewToken;
use ats_pat_service::view::PolicyCheck;
use ats_pat_test_support::world::{ADDRESS, DAY, World};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{ELSEWHERE, networks, policies};

#[on_every_database]
async fn a_check_counts_what_a_policy_would_do(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let service = &world.service;
    let ada = world.signed_in("ada").await;
    let near = NewToken {
        allowed_networks: Some(vec![ADDRESS.to_string()]),
        ..world.new_token("near", DAY * 10)
    };
    let near = service.create_token(&ada, near).await.unwrap();
    let far = NewToken {
        allowed_networks: Some(vec![ELSEWHERE.to_string()]),
        ..world.new_token("far", DAY * 300)
    };
    service.create_token(&ada, far).await.unwrap();
    let used = world.create(&ada, "used elsewhere", DAY * 300).await;
    let ended = world.create(&ada, "ended", DAY * 300).await.unwrap();
    let id = ended.token.id.to_string();
    service.revoke_token(&ada, &id).await.unwrap();
    let grace = world.signed_in("grace").await;
    world.create(&grace, "ci", DAY * 10).await.unwrap();
    world.add_user("idle").await;
    let operator = service.operator();
    let guests = ["corp/guests".to_owned()];
    operator.set_groups("grace", &guests).await.unwrap();
    world.clock.advance(DAY * 8);
    let used = used.unwrap();
    world.exchange_from(&used.secret, ELSEWHERE).await.unwrap();
    world.exchange(&near.secret).await.unwrap();
    service.flush().await;
    let mut settings = world.settings.clone();
    policies(&mut settings);
    settings.policy.base.required_networks = networks("192.0.2.0/24");
    settings.policy.base.revoke_unused_after_days = 7;
    settings.policy.base.max_active_tokens = 2;
    settings.policy.groups[1].all_scope_allowed = Some(false);
    let before = world.store.events().head().await.unwrap();
    let found = operator.check_policies(settings.policy).await.unwrap();
    let expected = PolicyCheck {
        active_tokens: 4,
        owners: 2,
        affected_tokens: 3,
        affected_owners: 2,
        longer_than_allowed: 2,
        with_all_scope: 1,
        from_other_networks: 2,
        // Those are the token that was never used, and Grace's.
        unused: 2,
        owners_over_limit: 1,
        users_who_may_not_create: 1,
    };
    assert_eq!(found, expected);
    assert_eq!(world.store.events().head().await.unwrap(), before);
    let nothing = operator.check_policies(Policies::default()).await.unwrap();
    assert_eq!((nothing.active_tokens, nothing.affected_tokens), (4, 0));
}
