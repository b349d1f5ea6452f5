//! The exchange, on every database.

use std::num::NonZeroU32;
use std::time::Duration;

use ats_pat_domain::{Problem, RateLimit};
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Error, NewToken, Regeneration};
use ats_pat_test_support::elsewhere::verified;
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

#[on_every_database]
async fn an_exchange_answers_a_token_with_the_rights_of_its_row(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("Ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    let claims = verified(&world.service, &exchanged.token, world.now()).await;
    assert_eq!(claims.sub, ada.user().id.to_string());
    assert_eq!(claims.client_id, issued.token.id.to_string());
    assert_eq!(claims.preferred_username, "Ada");
    assert_eq!(claims.scope, "all");
    assert_eq!(claims.exp - claims.iat, 300);
    assert_eq!(exchanged.expires_at.as_seconds(), claims.exp);
    assert_eq!(
        exchanged.personal_access_token_expires_at,
        issued.token.expires_at
    );
    let identity = world
        .service
        .identity(exchanged.token.expose_secret())
        .await
        .unwrap();
    assert_eq!(
        (identity.id, identity.token_id),
        (ada.user().id, issued.token.id)
    );
}

#[on_every_database]
async fn a_token_expires_at_its_instant_and_nothing_is_minted_in_its_last_second(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world
        .create(&ada, "short", Duration::from_secs(10))
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(9));
    let last = world.exchange(&issued.secret).await.unwrap();
    assert!(last.expires_at <= issued.token.expires_at);
    for ahead in [1, 999, 1, 1_000_000] {
        world.clock.advance(Duration::from_millis(ahead));
        assert_eq!(
            code(world.exchange(&issued.secret).await),
            1202,
            "{ahead} ms on"
        );
    }
}

#[on_every_database]
async fn refusals_come_in_their_order(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let new = NewToken {
        name: Some("ci".to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        allowed_networks: Some(vec!["10.0.0.0/8".to_owned()]),
        ..NewToken::default()
    };
    let issued = world.service.create_token(&ada, new).await.unwrap();
    let elsewhere = || world.exchange(&issued.secret);
    assert_eq!(code(elsewhere().await), 1204);
    assert_eq!(
        code(
            world
                .exchange_from(&issued.secret, "::ffff:10.1.2.3".parse().unwrap())
                .await
        ),
        1
    );
    world.service.operator().disable_user("ada").await.unwrap();
    assert_eq!(code(elsewhere().await), 1205);
    // In its last second, a token counts as expired, and nothing else is checked.
    world
        .clock
        .advance(DAY.saturating_sub(Duration::from_millis(600)));
    assert_eq!(code(elsewhere().await), 1202);
    world.clock.advance(DAY);
    assert_eq!(code(elsewhere().await), 1202);
    world
        .service
        .operator()
        .revoke_token(&issued.token.id.to_string())
        .await
        .unwrap();
    assert_eq!(code(elsewhere().await), 1203);
}

#[tokio::test]
async fn missing_repeated_and_malformed_headers_get_the_codes_of_the_catalogue() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let secret = issued.secret.expose_secret().as_bytes();
    let mut other_case = secret.to_vec();
    other_case[20] = if other_case[20] == b'a' { b'b' } else { b'a' };
    for (values, expected) in [
        (vec![], 1200),
        (vec![&b""[..]], 1200),
        (vec![secret, secret], 1201),
        (vec![&b""[..], secret], 1201),
        (vec![&secret[..55]], 1201),
        (vec![&other_case[..]], 1201),
        (vec![&b"\xff\xfe"[..]], 1201),
        (vec![secret], 1),
    ] {
        assert_eq!(
            code(world.service.exchange(&values, ADDRESS).await),
            expected,
            "{values:?}"
        );
    }
}

#[on_every_database]
async fn regenerating_refuses_the_old_secret_and_its_authentication_tokens_at_once(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let first = world.create(&ada, "ci", DAY).await.unwrap();
    let id = first.token.id.to_string();
    let before = world.exchange(&first.secret).await.unwrap();
    let second = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default())
        .await
        .unwrap();
    assert_eq!(code(world.exchange(&first.secret).await), 1201);
    assert_eq!(
        code(world.service.identity(before.token.expose_secret()).await),
        1206
    );
    let after = world.exchange(&second.secret).await.unwrap();
    assert_eq!(
        code(world.service.identity(after.token.expose_secret()).await),
        1
    );
    world.service.revoke_token(&ada, &id).await.unwrap();
    assert_eq!(code(world.exchange(&second.secret).await), 1203);
    assert_eq!(code(world.exchange(&first.secret).await), 1201);
    assert_eq!(
        code(world.service.identity(after.token.expose_secret()).await),
        1206
    );
}

#[tokio::test]
async fn an_address_that_guesses_is_slowed_and_valid_tokens_still_pass() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let guess = [&b"atspat_guess"[..]];
    let refused = |_| async { code(world.service.exchange(&guess, ADDRESS).await) };
    for attempt in 0..100 {
        assert_eq!(refused(attempt).await, 1201);
    }
    assert_eq!(refused(100).await, 1400);
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    assert_eq!(
        code(
            world
                .service
                .exchange(&guess, "198.51.100.1".parse().unwrap())
                .await
        ),
        1201
    );
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(refused(101).await, 1201);
}

#[on_every_database]
async fn uses_are_written_in_batches_and_never_undo_a_revoke(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    world.exchange(&issued.secret).await.unwrap();
    let used_at = world.now();
    world.service.revoke_token(&ada, &id).await.unwrap();
    world.service.flush().await;
    let shown = world.service.token(&ada, &id).await.unwrap();
    assert_eq!(shown.status.as_str(), "Revoked");
    assert_eq!(
        (shown.last_used_at, shown.last_used_from.as_deref()),
        (Some(used_at), Some("192.0.2.7"))
    );
}

#[on_every_database]
async fn exchanges_are_limited_by_token_and_owner_where_an_operator_asks(database: &TestDatabase) {
    let world = World::with(database.url(), |settings| {
        settings.exchanges_per_token_per_minute = 3;
        settings.exchanges_per_owner_per_minute = 4;
    })
    .await;
    let (ada, bob) = (world.signed_in("ada").await, world.signed_in("bob").await);
    let first = world.create(&ada, "first", DAY).await.unwrap();
    let second = world.create(&ada, "second", DAY).await.unwrap();
    let other = world.create(&bob, "other", DAY).await.unwrap();
    let exchange = async |issued: &IssuedToken| code(world.exchange(&issued.secret).await);
    for _ in 0..3 {
        assert_eq!(exchange(&first).await, 1);
    }
    let refused = world.exchange(&first.secret).await;
    let told = Problem::TooManyRequests {
        seconds: 20,
        limit: Some(RateLimit {
            name: "token-exchanges",
            quota: NonZeroU32::new(3).unwrap(),
            period: Duration::from_mins(1),
        }),
    };
    assert!(matches!(refused, Err(Error::Refused(problem)) if problem == told));
    assert_eq!(exchange(&second).await, 1, "another token");
    assert_eq!(
        exchange(&second).await,
        1400,
        "the owner's last one was that"
    );
    assert_eq!(exchange(&other).await, 1, "another owner");
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(exchange(&first).await, 1);
}
