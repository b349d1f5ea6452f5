//! What a new policy does to tokens that there are.

use std::time::Duration;

use ats_pat_domain::Status;
use ats_pat_service::{NewPolicy, NewToken, PolicySource, Regeneration};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::ExposeSecret;

use crate::scene::{apply, document, exchange, new, world};

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
