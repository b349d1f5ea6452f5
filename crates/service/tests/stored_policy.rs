//! The policy in the database: how it is replaced, and that nobody can get rid of it with write
//! access to the database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_domain::{MayCreate, PolicyDocument, Problem, Rule, Status};
use ats_pat_service::{
    CurrentPolicy, Error, Narrowing, NewPolicy, NewToken, PolicySource, Regeneration, Service,
    SignedIn,
};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::{ExposeSecret, SecretString};

const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
const HOUR: Duration = Duration::from_hours(1);

async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), |settings| {
        settings.policy_source = PolicySource::Database;
        settings.policy.base.max_lifetime_days = 200;
    })
    .await
}

fn document(json: &str) -> PolicyDocument {
    serde_json::from_str(json).unwrap()
}

fn new(json: &str) -> NewPolicy {
    NewPolicy {
        policy: document(json),
        versions: None,
        enforce_on_existing: false,
    }
}

async fn apply(service: &Service, json: &str) -> CurrentPolicy {
    service.operator().apply_policy(new(json)).await.unwrap()
}

async fn current(service: &Service) -> CurrentPolicy {
    service.operator().policies().await.unwrap()
}

async fn exchange(service: &Service, secret: &SecretString, from: IpAddr) -> u32 {
    let secret = secret.expose_secret().as_bytes();
    code(service.exchange(&[secret], from).await)
}

/// The restarted services, with and without the checkpoint.
async fn started_again(world: &World) -> [Service; 2] {
    world.service.flush().await;
    let again = world.reopen().await.unwrap();
    std::fs::remove_file(world.folder().join("checkpoint")).unwrap();
    [again, world.reopen().await.unwrap()]
}

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
    let root = administrator(&world).await;
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

async fn administrator(world: &World) -> SignedIn {
    let new = ats_pat_service::NewUser {
        name: "root".to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator: true,
        password: Some(ats_pat_test_support::world::PASSWORD.into()),
    };
    world.service.operator().add_user(new).await.unwrap();
    world.sign_in("root").await
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

#[on_every_database]
async fn existing_tokens_are_shortened_on_request(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let operator = world.service.operator();
    let mut tokens = Vec::new();
    for (name, days) in [("short", 5), ("long", 100), ("old", 100)] {
        tokens.push(world.create(&ada, name, DAY * days).await.unwrap());
    }
    world.clock.advance(DAY * 2);
    let ada = world.sign_in("ada").await;
    let id = |place: usize| {
        let issued: &ats_pat_service::view::IssuedToken = &tokens[place];
        issued.token.id.to_string()
    };
    let expiry = async |place: usize| {
        let token = world.service.token(&ada, &id(place)).await.unwrap();
        (token.expires_at, token.status)
    };
    let seven = r#"{"MaxLifetimeDays": 7}"#;
    apply(&world.service, seven).await;
    let made = world.now().before(DAY * 2);
    assert_eq!(expiry(1).await.0, made.after(DAY * 100), "they live on");
    let regenerated = world
        .service
        .regenerate_token(&ada, &id(2), Regeneration::default())
        .await
        .unwrap();
    assert_eq!(regenerated.token.expires_at, world.now().after(DAY * 7));
    let enforced = NewPolicy {
        enforce_on_existing: true,
        ..new(seven)
    };
    let applied = operator.apply_policy(enforced.clone()).await.unwrap();
    assert!(applied.enforce_on_existing);
    assert_eq!(expiry(0).await, (made.after(DAY * 5), Status::Active));
    assert_eq!(expiry(1).await, (made.after(DAY * 7), Status::Active));
    assert_eq!(
        expiry(2).await,
        (world.now().after(DAY * 7), Status::Active)
    );
    let told = world.told("token.updated").await;
    assert_eq!(told.len(), 1, "one token had more");
    assert_eq!(told[0].event.details["Policy"], true);
    assert_eq!(
        exchange(&world.service, &tokens[1].secret, ADDRESS).await,
        1
    );
    // A token whose time is over by the policy ends at once.
    let one = NewPolicy {
        enforce_on_existing: true,
        ..new(r#"{"MaxLifetimeDays": 1}"#)
    };
    operator.apply_policy(one).await.unwrap();
    assert_eq!(expiry(0).await, (world.now(), Status::Expired));
    assert_eq!(
        exchange(&world.service, &tokens[1].secret, ADDRESS).await,
        1202
    );
    let secret = &regenerated.secret;
    assert_eq!(exchange(&world.service, secret, ADDRESS).await, 1);
    assert_eq!(expiry(2).await.0, world.now().after(DAY));
    let audit = operator.verify_audit().await.unwrap();
    assert_eq!(audit.findings, [""; 0]);
}

#[on_every_database]
async fn a_token_that_may_renew_itself_for_less_time_keeps_what_was_exchanged(
    database: &TestDatabase,
) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let at = |after| Some(world.now().after(after).to_string());
    let new_token = NewToken {
        name: Some("ci".to_owned()),
        // So soon that an authentication token could outlive an earlier expiry.
        expires_at: at(Duration::from_mins(5)),
        may_regenerate_itself: true,
        regenerates_until: at(DAY * 2),
        ..NewToken::default()
    };
    let issued = world.service.create_token(&ada, new_token).await.unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    let enforced = NewPolicy {
        enforce_on_existing: true,
        ..new(r#"{"MaxLifetimeDays": 1}"#)
    };
    let operator = world.service.operator();
    operator.apply_policy(enforced).await.unwrap();
    let bearer = exchanged.token.expose_secret();
    assert_eq!(code(world.service.identity(bearer).await), 1);
    let told = world.told("token.updated").await;
    let details = &told[0].event.details;
    assert_eq!(
        details["RegeneratesUntil"],
        world.now().after(DAY).to_string()
    );
    assert!(details.get("ExpiresAt").is_none());
}

#[tokio::test]
async fn a_dry_run_refuses_the_scopes_that_a_change_refuses() {
    let database = sqlite();
    let world = World::with(database.url(), |settings| {
        settings.policy_source = PolicySource::Database;
        settings.expand_all_scope = true;
    })
    .await;
    let of = |scopes: usize| {
        let scopes: Vec<_> = (0..scopes)
            .map(|number| serde_json::json!({"Name": format!("{}-{number}", "x".repeat(57))}))
            .collect();
        document(&serde_json::json!({"Scopes": scopes}).to_string())
    };
    let operator = world.service.operator();
    for (scopes, expected) in [(60, 1), (70, 1001)] {
        let policy = of(scopes);
        let checked = operator.check_policies(policy.read().unwrap()).await;
        assert_eq!(code(checked), expected, "{scopes}");
        let new = NewPolicy {
            policy,
            versions: None,
            enforce_on_existing: false,
        };
        assert_eq!(code(operator.apply_policy(new).await), expected, "{scopes}");
    }
}
