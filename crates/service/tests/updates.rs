//! An owner edits a token: a new name, a new description, an earlier expiry. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::time::Duration;

use ats_pat_domain::event::Event;
use ats_pat_domain::{Problem, Status, Timestamp};
use ats_pat_service::view::{IssuedToken, TokenView};
use ats_pat_service::{Error, Regeneration, SignedIn, TokenUpdate};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_hours(1);
/// How long an authentication token that was exchanged just now can be accepted.
const ACCEPTED_FOR: Duration = Duration::from_mins(66);

fn name(name: &str) -> TokenUpdate {
    TokenUpdate {
        name: Some(name.to_owned()),
        ..TokenUpdate::default()
    }
}

fn description(text: &str) -> TokenUpdate {
    TokenUpdate {
        description: Some(text.to_owned()),
        ..TokenUpdate::default()
    }
}

fn expiry(at: Timestamp) -> TokenUpdate {
    TokenUpdate {
        expires_at: Some(at.to_string()),
        ..TokenUpdate::default()
    }
}

async fn update(
    world: &World,
    by: &SignedIn,
    token: &TokenView,
    asked: TokenUpdate,
) -> Result<TokenView, Error> {
    let id = token.id.to_string();
    world.service.update_token(by, &id, asked).await
}

async fn events(world: &World) -> Vec<Event> {
    world.store.events().from(1, 2000).await.unwrap()
}

fn details(event: &Event) -> Value {
    serde_json::from_slice(&event.details).unwrap()
}

fn personal(event: &Event) -> Value {
    serde_json::from_slice(&event.personal.as_ref().unwrap().data).unwrap()
}

async fn assert_nothing_is_found(world: &World) {
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn only_named_fields_change_and_the_event_has_the_difference(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let IssuedToken { token, secret } = world.create(&ada, "ci", 30 * DAY).await.unwrap();
    let earlier = world.now().after(10 * DAY);
    let all = TokenUpdate {
        name: Some("  nightly ".to_owned()),
        description: Some("builds".to_owned()),
        expires_at: Some(earlier.to_string()),
    };
    let updated = update(&world, &ada, &token, all).await.unwrap();
    let expected = TokenView {
        name: "nightly".to_owned(),
        description: "builds".to_owned(),
        expires_at: earlier,
        ..token.clone()
    };
    assert_eq!(updated, expected);
    let read = world.service.token(&ada, &token.id.to_string()).await;
    assert_eq!(read.unwrap(), expected);
    let exchanged = world.exchange(&secret).await.unwrap();
    assert_eq!(exchanged.personal_access_token_expires_at, earlier);

    let events = events(&world).await;
    let event = events.last().unwrap();
    assert_eq!(
        (event.kind.as_str(), event.subject.as_str(), event.owner),
        ("token.updated", &*token.id.to_string(), Some(ada.user().id))
    );
    assert_eq!(event.actor, format!("user:{}", ada.user().id));
    assert_eq!(
        (
            &details(event)["ExpiresAt"],
            &details(event)["ExpiresAtBefore"]
        ),
        (
            &json!(earlier.to_string()),
            &json!(token.expires_at.to_string())
        )
    );
    assert_eq!(
        personal(event),
        json!({
            "Name": "nightly", "NameBefore": "ci",
            "Description": "builds", "DescriptionBefore": "",
        })
    );
    let words = event.details.iter().map(|byte| char::from(*byte));
    assert!(!words.collect::<String>().contains("nightly"));

    let renamed = update(&world, &ada, &token, name("deploy")).await.unwrap();
    let expected = TokenView {
        name: "deploy".to_owned(),
        last_used_at: renamed.last_used_at,
        last_used_from: renamed.last_used_from.clone(),
        ..expected
    };
    assert_eq!(renamed, expected);
    let events = self::events(&world).await;
    let event = events.last().unwrap();
    assert_eq!(
        personal(event),
        json!({"Name": "deploy", "NameBefore": "nightly"})
    );
    assert_eq!(details(event).get("ExpiresAt"), None);
    assert_nothing_is_found(&world).await;
}

#[on_every_database]
async fn a_change_that_changes_nothing_leaves_no_event(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let token = world.create(&ada, "ci", DAY).await.unwrap().token;
    let head = world.store.events().head().await.unwrap();
    let same = TokenUpdate {
        name: Some("ci".to_owned()),
        description: Some(String::new()),
        expires_at: Some(token.expires_at.to_string()),
    };
    for asked in [TokenUpdate::default(), same] {
        assert_eq!(update(&world, &ada, &token, asked).await.unwrap(), token);
    }
    assert_eq!(world.store.events().head().await.unwrap(), head);
}

#[on_every_database]
async fn a_name_is_unique_among_the_owners_active_tokens(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (ada, eve) = (world.signed_in("ada").await, world.signed_in("eve").await);
    let token = world.create(&ada, "ci", DAY).await.unwrap().token;
    let other = world.create(&ada, "Straße", DAY).await.unwrap().token;
    world.create(&eve, "hers", DAY).await.unwrap();
    let renamed = async |to| update(&world, &ada, &token, name(to)).await;
    assert!(matches!(
        renamed("STRASSE").await,
        Err(Error::Refused(Problem::NameInUse { name })) if name == "STRASSE"
    ));
    assert_eq!(renamed("CI").await.unwrap().name, "CI", "its own name");
    assert_eq!(renamed("hers").await.unwrap().name, "hers");
    let other = other.id.to_string();
    let _ = world.service.revoke_token(&ada, &other).await.unwrap();
    assert_eq!(renamed("strasse").await.unwrap().name, "strasse");
    // Its former name is free again.
    world.create(&ada, "ci", DAY).await.unwrap();
}

#[on_every_database]
async fn an_edit_only_shortens_the_expiry(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let token = world.create(&ada, "ci", DAY).await.unwrap().token;
    let id = token.id.to_string();
    let latest_of = async |asked| match update(&world, &ada, &token, asked).await {
        Err(Error::Refused(Problem::ExpirationNotAllowed { latest })) => latest,
        other => panic!("{other:?}"),
    };
    let (now, beyond) = (
        world.now(),
        world.settings.policy.base.latest_expiry(world.now()),
    );
    for past in [now, now.before(HOUR)] {
        assert_eq!(latest_of(expiry(past)).await, beyond);
    }
    for later in [token.expires_at.after(Duration::from_millis(1)), beyond] {
        assert_eq!(latest_of(expiry(later)).await, token.expires_at);
    }
    let malformed = TokenUpdate {
        name: Some(" ".to_owned()),
        description: Some("x".repeat(501)),
        expires_at: Some("tomorrow".to_owned()),
    };
    let refused = world.service.update_token(&ada, "no id", malformed).await;
    let problem = refused.unwrap_err().into_problem("test");
    assert_eq!(
        problem.parameters(),
        [
            "Name",
            "empty",
            "ExpiresAt",
            "not_a_time",
            "Description",
            "too_long"
        ]
    );
    let earlier = now.after(2 * HOUR);
    let updated = update(&world, &ada, &token, expiry(earlier)).await.unwrap();
    assert_eq!(updated.expires_at, earlier);
    assert_eq!(latest_of(expiry(token.expires_at)).await, earlier);
    // A new secret lasts as long as the one before would have lasted.
    world.clock.advance(HOUR);
    let again = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default())
        .await
        .unwrap();
    assert_eq!(again.token.expires_at, world.now().after(2 * HOUR));
    assert_nothing_is_found(&world).await;
}

#[tokio::test]
async fn a_stricter_policy_does_not_prevent_shortening() {
    let database = sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let token = world.create(&ada, "ci", 300 * DAY).await.unwrap().token;
    let mut parts = world.parts();
    parts.settings.policy.base.max_lifetime_days = 30;
    let stricter = ats_pat_service::Service::open(parts).await.unwrap();
    let earlier = world.now().after(200 * DAY);
    let id = token.id.to_string();
    let updated = stricter.update_token(&ada, &id, expiry(earlier)).await;
    assert_eq!(updated.unwrap().expires_at, earlier);
}

#[on_every_database]
async fn only_the_description_of_an_ended_token_changes(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let expired = world.create(&ada, "short", HOUR).await.unwrap().token;
    let revoked = world.create(&ada, "revoked", DAY).await.unwrap().token;
    let _ = world
        .service
        .revoke_token(&ada, &revoked.id.to_string())
        .await
        .unwrap();
    world.clock.advance(HOUR);
    let ada = world.sign_in("ada").await;
    for (token, status) in [(expired, Status::Expired), (revoked, Status::Revoked)] {
        for asked in [name("other"), expiry(world.now().after(HOUR / 2))] {
            let refused = update(&world, &ada, &token, asked).await;
            assert!(
                matches!(refused, Err(Error::Refused(Problem::TokenNotActive { status: is })) if is == status)
            );
        }
        let described = update(&world, &ada, &token, description("was of use")).await;
        let described = described.unwrap();
        assert_eq!(
            (described.description.as_str(), described.status),
            ("was of use", status)
        );
    }
    assert_nothing_is_found(&world).await;
}

#[on_every_database]
async fn another_users_token_looks_like_a_missing_one(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (ada, eve) = (world.signed_in("ada").await, world.signed_in("eve").await);
    let token = world.create(&ada, "ci", DAY).await.unwrap().token;
    for asked in [TokenUpdate::default(), name("hers"), description("hers")] {
        assert_eq!(code(update(&world, &eve, &token, asked).await), 1300);
    }
    let read = world.service.token(&ada, &token.id.to_string()).await;
    assert_eq!(read.unwrap(), token);
}

#[tokio::test]
async fn many_edits_in_a_minute_are_slowed() {
    let database = sqlite();
    let world = World::with(database.url(), |settings| {
        settings.changes_per_user_per_minute = 3;
    })
    .await;
    let ada = world.signed_in("ada").await;
    let token = world.create(&ada, "ci", DAY).await.unwrap().token;
    for text in ["one", "two"] {
        assert_eq!(
            code(update(&world, &ada, &token, description(text)).await),
            1
        );
    }
    let slowed = update(&world, &ada, &token, description("three")).await;
    assert_eq!(code(slowed), 1400);
    assert_eq!(
        code(update(&world, &ada, &token, TokenUpdate::default()).await),
        1
    );
}

#[on_every_database]
async fn no_authentication_token_outlives_an_earlier_expiry(database: &TestDatabase) {
    let world = World::with(database.url(), |settings| {
        settings.policy.base.authentication_token_minutes = 60;
    })
    .await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(before.expires_at.since(world.now()).as_secs(), 3599);
    let identity = async |token: &secrecy::SecretString| {
        code(world.service.identity(token.expose_secret()).await)
    };
    assert_eq!(identity(&before.token).await, 1);

    // The expiry is too far away to affect authentication tokens from before, so they stay valid.
    let far = world.now().after(ACCEPTED_FOR);
    let updated = update(&world, &ada, &issued.token, expiry(far)).await;
    assert_eq!(updated.unwrap().expires_at, far);
    assert_eq!(identity(&before.token).await, 1);
    assert!(before.expires_at <= far);

    let near = world.now().after(HOUR / 2);
    let updated = update(&world, &ada, &issued.token, expiry(near)).await;
    assert_eq!(updated.unwrap().expires_at, near);
    assert_eq!(identity(&before.token).await, 1206);
    let after = world.exchange(&issued.secret).await.unwrap();
    assert!(after.expires_at <= near);
    assert_eq!(identity(&after.token).await, 1);
    world.clock.advance(HOUR / 2);
    assert_eq!(identity(&after.token).await, 1206);
    assert_eq!(code(world.exchange(&issued.secret).await), 1202);
    assert_nothing_is_found(&world).await;
}
