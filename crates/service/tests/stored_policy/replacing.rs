//! Who replaces the policy, and from when on the new one is in force.

use ats_pat_domain::{Problem, Rule};
use ats_pat_service::{Error, Narrowing, NewPolicy, NewToken, PolicySource, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};

use crate::scene::{ELSEWHERE, apply, current, exchange, new, started_again, world};

#[on_every_database]
async fn the_policy_is_that_of_the_settings_until_the_database_has_one(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let first = current(&world.service).await;
    assert_eq!(first.version, "settings");
    assert_eq!(first.policy.max_lifetime_days, Some(200));
    let applied = apply(&world.service, r#"{"MaxLifetimeDays": 20}"#).await;
    assert_ne!(applied.version, first.version);
    assert_eq!(applied.source, PolicySource::Database);
    // Absent fields have their defaults, not their former values.
    assert_eq!(applied.policy.max_active_tokens, Some(100));
    assert_eq!(code(world.create(&ada, "long", DAY * 21).await), 1302);
    assert_eq!(code(world.create(&ada, "ci", DAY * 20).await), 1);
    for service in started_again(&world).await {
        assert_eq!(current(&service).await, applied);
        let policy = service.policy(&ada).await.unwrap();
        assert_eq!(policy.max_lifetime_days, 20);
    }
    // The same policy again is no change.
    let again = apply(&world.service, r#"{"MaxLifetimeDays": 20}"#).await;
    assert_eq!(again, applied);
    let told = world.told("policy.changed").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].event.actor, "operator");
    assert_eq!(
        told[0].event.details["Changes"],
        serde_json::json!({"MaxLifetimeDays": [200, 20], "DefaultLifetimeDays": [30, 20]})
    );
}

#[on_every_database]
async fn authentication_tokens_live_as_long_as_the_policy_in_force_says(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let secret = world.create(&ada, "ci", DAY).await.unwrap().secret;
    let seconds = async |asked: Option<u32>| {
        let narrowing = Narrowing {
            lifetime_seconds: asked.and_then(std::num::NonZeroU32::new),
            ..Narrowing::default()
        };
        let exchanged = world
            .service
            .exchange_narrowed(&secret, &narrowing, ADDRESS);
        exchanged.await.map(|exchanged| exchanged.lifetime_seconds)
    };
    assert_eq!(seconds(None).await.unwrap(), 300);
    apply(&world.service, r#"{"AuthenticationTokenMinutes": 15}"#).await;
    assert_eq!(seconds(None).await.unwrap(), 900);
    assert_eq!(seconds(Some(899)).await.unwrap(), 899);
    apply(&world.service, r#"{"AuthenticationTokenMinutes": 1}"#).await;
    assert_eq!(seconds(None).await.unwrap(), 60);
    let longer = seconds(Some(61)).await;
    let Err(Error::LifetimeTooLong { longest_seconds }) = longer else {
        panic!("a lifetime beyond the policy is refused");
    };
    assert_eq!(longest_seconds, 60);
    for (minutes, reason) in [("0", 1001), ("61", 1001), ("60", 1)] {
        let document = format!(r#"{{"AuthenticationTokenMinutes": {minutes}}}"#);
        let operator = world.service.operator();
        let applied = operator.apply_policy(new(&document)).await;
        assert_eq!(code(applied), reason, "{minutes}");
    }
}

#[on_every_database]
async fn a_token_in_memory_is_judged_by_the_policy_that_was_put_into_force(
    database: &TestDatabase,
) {
    let world = world(database).await;
    let mut parts = world.parts();
    // So it has a lease and answers from memory.
    parts.alone = true;
    let service = Service::open(parts).await.unwrap();
    let ada = world.signed_in("ada").await;
    let all = world.create(&ada, "all", DAY).await.unwrap().secret;
    let read = r#"{"Scopes": [{"Name": "read"}]}"#;
    apply(&service, read).await;
    let few = NewToken {
        scopes: Some(vec!["read".to_owned()]),
        ..world.new_token("few", DAY)
    };
    let few = service.create_token(&ada, few).await.unwrap().secret;
    for _ in 0..3 {
        assert_eq!(exchange(&service, &all, ADDRESS).await, 1);
        assert_eq!(exchange(&service, &few, ELSEWHERE).await, 1);
    }
    apply(
        &service,
        r#"{"AllScopeAllowed": false, "RequiredNetworks": ["192.0.2.0/24"]}"#,
    )
    .await;
    assert_eq!(exchange(&service, &all, ADDRESS).await, 1306);
    assert_eq!(exchange(&service, &few, ELSEWHERE).await, 1204);
    assert_eq!(exchange(&service, &few, ADDRESS).await, 1);
    // Only another policy gives back what was taken away.
    apply(&service, read).await;
    assert_eq!(exchange(&service, &all, ELSEWHERE).await, 1);
}

#[on_every_database]
async fn only_an_administrator_replaces_the_policy(database: &TestDatabase) {
    let world = world(database).await;
    let eve = world.signed_in("eve").await;
    assert!(world.service.administrator(&eve).is_err());
    let root = world.administrator("root").await;
    let operator = world.service.administrator(&root).unwrap();
    let first = operator.policies().await.unwrap().version;
    let at = |version: &str, json| NewPolicy {
        versions: Some(vec![version.to_owned()]),
        ..new(json)
    };
    let applied = operator.apply_policy(at(&first, r#"{"MaxActiveTokens": 5}"#));
    let applied = applied.await.unwrap();
    // A caller who saw an earlier version must not overwrite this one unseen.
    let late = operator.apply_policy(at(&first, r#"{"MaxActiveTokens": 6}"#));
    let Err(Error::Refused(Problem::VersionMismatch { current })) = late.await else {
        panic!("the version is different");
    };
    assert_eq!(current, applied.version);
    let wrong = operator
        .apply_policy(new(r#"{"MaxActiveTokens": 0}"#))
        .await;
    assert_eq!(code(wrong), 1001);
    assert_eq!(operator.policies().await.unwrap(), applied);
    let told = world.told("policy.changed").await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].actor_name.as_deref(), Some("root"));
    // The session has just ended.
    let operators = world.service.operator();
    operators
        .set_groups("root", &["corp/a".to_owned()])
        .await
        .unwrap();
    let ended = operator
        .apply_policy(new(r#"{"MaxActiveTokens": 7}"#))
        .await;
    assert_eq!(code(ended), 1100);
}

#[tokio::test]
async fn a_policy_in_the_settings_can_only_be_changed_there() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let refused = world.service.operator().apply_policy(new("{}")).await;
    let rule = Rule::PolicySource;
    assert!(matches!(
        refused,
        Err(Error::Refused(Problem::PolicyForbids { rule: of })) if of == rule
    ));
}
