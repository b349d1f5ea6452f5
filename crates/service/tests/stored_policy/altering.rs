//! A policy that was removed, altered or put back behind the program.

use ats_pat_domain::MayCreate;
use ats_pat_service::{Error, NewToken, Service, SignedIn};
use ats_pat_test_support::world::{ADDRESS, DAY, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::SecretString;

use crate::scene::{HOUR, apply, current, exchange, started_again, world};

/// What still works without a policy: everything that takes rights away.
async fn assert_nothing_is_granted(service: &Service, ada: &SignedIn, secret: &SecretString) {
    assert_eq!(exchange(service, secret, ADDRESS).await, 1503);
    assert_eq!(code(service.policy(ada).await), 1503);
    let new = NewToken {
        name: Some("another".to_owned()),
        expires_at: Some("2099-01-01T00:00:00Z".to_owned()),
        ..NewToken::default()
    };
    assert_eq!(code(service.create_token(ada, new).await), 1503);
}

#[on_every_database]
async fn nothing_is_granted_if_the_policy_was_removed_altered_or_put_back(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let all = &issued.secret;
    let loose = r#"{"MaxLifetimeDays": 100}"#;
    let strict = r#"{"MaxLifetimeDays": 100, "MayCreate": "Nobody"}"#;
    apply(&world.service, loose).await;
    database
        .execute("CREATE TABLE kept_policy AS SELECT * FROM policy")
        .await;
    for attack in [
        "DELETE FROM policy",
        "UPDATE policy SET document = '{\"Policy\":{},\"EnforceOnExisting\":false}'",
        "UPDATE policy SET tag = (SELECT tag FROM kept_policy), document = (SELECT document FROM kept_policy)",
        "UPDATE policy SET document = 'alien'",
    ] {
        let applied = apply(&world.service, strict).await;
        database.execute(attack).await;
        // A running server uses the policy that it read.
        assert_eq!(current(&world.service).await, applied, "{attack}");
        assert_eq!(code(world.create(&ada, "more", HOUR).await), 1306);
        assert_eq!(exchange(&world.service, all, ADDRESS).await, 1);
        for service in started_again(&world).await {
            assert_nothing_is_granted(&service, &ada, all).await;
            let denied = service.operator().policies().await;
            assert!(matches!(denied, Err(Error::PolicyMissing)), "{attack}");
        }
        let findings = world.service.operator().verify_audit().await.unwrap();
        assert!(!findings.findings.is_empty(), "{attack}");
        // Another policy repairs this, on each of them.
        let again = world.reopen().await.unwrap();
        let applied = apply(&again, loose).await;
        assert_eq!(current(&again).await, applied, "{attack}");
        assert_eq!(exchange(&again, all, ADDRESS).await, 1);
        world.clock.advance(HOUR / 60);
        assert_eq!(
            current(&world.service).await.policy.may_create,
            Some(MayCreate::Everyone)
        );
    }
    // Taking rights away never needs the policy.
    database.execute("DELETE FROM policy").await;
    let [service, _] = started_again(&world).await;
    assert_nothing_is_granted(&service, &ada, all).await;
    assert_eq!(code(service.revoke_token(&ada, &id).await), 1);
    assert_eq!(code(service.operator().disable_user("ada").await), 1);
}

#[tokio::test]
async fn a_policy_that_cant_be_read_is_told_of_and_another_puts_it_right() {
    let database = sqlite();
    let world = world(&database).await;
    let ada = world.signed_in("ada").await;
    let all = world.create(&ada, "ci", DAY).await.unwrap().secret;
    apply(&world.service, r#"{"MaxLifetimeDays": 100}"#).await;
    database.execute("UPDATE policy SET key_id = 'x'").await;
    let unreadable = "row 1 of policy can't be read";
    let report = world.service.operator().verify_audit().await.unwrap();
    assert!(report.findings.iter().any(|found| found == unreadable));
    world.service.verify_rows().await.unwrap();
    let checks = world.service.health().await;
    let rows = checks.iter().find(|check| check.name == "rows").unwrap();
    assert!(rows.message.contains("1 row differs"), "{}", rows.message);
    for service in started_again(&world).await {
        assert_nothing_is_granted(&service, &ada, &all).await;
        let denied = service.operator().policies().await;
        assert!(matches!(denied, Err(Error::PolicyMissing)));
    }
    let again = world.reopen().await.unwrap();
    apply(&again, r#"{"MaxLifetimeDays": 50}"#).await;
    assert_eq!(exchange(&again, &all, ADDRESS).await, 1);
    assert_only_told_of_before(&again).await;
}

/// The row is right again, and what it had been before stays told of.
async fn assert_only_told_of_before(service: &Service) {
    let report = service.operator().verify_audit().await.unwrap();
    let findings = &report.findings;
    let is_of_before = |finding: &String| {
        finding.starts_with("row 1 of policy had been") || finding.contains("when event")
    };
    assert!(findings.iter().all(is_of_before), "{findings:?}");
    assert!(!findings.is_empty());
}

#[on_every_database]
async fn the_same_policy_once_more_puts_its_row_right(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let all = world.create(&ada, "ci", DAY).await.unwrap().secret;
    let same = r#"{"MaxLifetimeDays": 100}"#;
    apply(&world.service, same).await;
    for attack in ["DELETE FROM policy", "UPDATE policy SET document = 'alien'"] {
        database.execute(attack).await;
        // To this server it is the same, by what it has in memory.
        apply(&world.service, same).await;
        for service in started_again(&world).await {
            assert_eq!(exchange(&service, &all, ADDRESS).await, 1, "{attack}");
        }
        assert_only_told_of_before(&world.service).await;
    }
}
