//! The audiences of an authentication token: those that the exchange names, otherwise the
//! operator's default.

use ats_pat_domain::{Problem, problem::Reason};
use ats_pat_service::{Error, Exchanged, Narrowing, OpenError, Regeneration, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, ISSUER, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use ats_pat_token::{Expectations, Unverified};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{ORDERS, world, world_with};

/// The third audience.
const STOCK: &str = "stock";

/// A deployment whose default are two of its three audiences.
async fn with_a_default(url: &str) -> World {
    world_with(url, |settings| {
        settings.audience.push(STOCK.to_owned());
        settings.default_audience = Some(vec![STOCK.to_owned(), ISSUER.to_owned()]);
    })
    .await
}

fn only(audience: &[&str]) -> Narrowing {
    Narrowing {
        audience: Some(audience.iter().map(ToString::to_string).collect()),
        ..Narrowing::default()
    }
}

/// Like the exchange under `/api/`.
async fn exchange(
    world: &World,
    secret: &SecretString,
    narrowing: &Narrowing,
) -> Result<Exchanged, Error> {
    let values = [secret.expose_secret().as_bytes()];
    let service = &world.service;
    service.exchange_header(&values, narrowing, ADDRESS).await
}

/// Which of the three audiences accept the token, and which it names.
async fn takers(world: &World, token: &SecretString) -> (Vec<&'static str>, String) {
    let keys = world.service.jwks().await.unwrap();
    let mut named = String::new();
    let mut takers = Vec::new();
    for audience in [ISSUER, ORDERS, STOCK] {
        let unverified = Unverified::parse(token.expose_secret()).unwrap();
        let key = keys.find(unverified.kid()).unwrap().key().to_owned();
        let expectations = Expectations {
            issuer: ISSUER,
            audience,
            now_seconds: world.now().as_seconds(),
            skew_seconds: 0,
        };
        if let Ok(claims) = unverified.verify(&key, &expectations) {
            takers.push(audience);
            named = claims.aud.to_string();
        }
    }
    (takers, named)
}

#[on_every_database]
async fn a_token_is_for_the_default_audience_unless_its_exchange_names_others(
    database: &TestDatabase,
) {
    let world = with_a_default(database.url()).await;
    let ada = world.signed_in("ada").await;
    let secret = world.create(&ada, "ci", DAY).await.unwrap().secret;
    // They are in the order of the setting `audience`, whatever the exchange asked for.
    assert_eq!(
        world.service.default_audience(),
        format!("{ISSUER} {STOCK}")
    );
    let usual = world.exchange(&secret).await.unwrap();
    assert_eq!(usual.audience(), None);
    assert_eq!(
        takers(&world, &usual.token).await,
        (vec![ISSUER, STOCK], format!("{ISSUER} {STOCK}"))
    );
    let identity = world.service.identity(usual.token.expose_secret()).await;
    assert_eq!(identity.unwrap().id, ada.user().id);
    for (asked, named) in [
        (&[ORDERS][..], &[ORDERS][..]),
        (&[STOCK, ORDERS, STOCK], &[ORDERS, STOCK]),
        (&[STOCK, ISSUER, ORDERS], &[ISSUER, ORDERS, STOCK]),
        (&[ISSUER], &[ISSUER]),
    ] {
        let exchanged = exchange(&world, &secret, &only(asked)).await.unwrap();
        let words = named.join(" ");
        assert_eq!(exchanged.audience(), Some(words.as_str()));
        assert_eq!(
            takers(&world, &exchanged.token).await,
            (named.to_vec(), words)
        );
    }
}

#[on_every_database]
async fn the_standard_exchange_without_an_audience_uses_the_default_too(database: &TestDatabase) {
    let world = with_a_default(database.url()).await;
    let ada = world.signed_in("ada").await;
    let secret = world.create(&ada, "ci", DAY).await.unwrap().secret;
    for narrowing in [
        Narrowing::default(),
        Narrowing {
            scope: Some("orders:read".to_owned()),
            lifetime_seconds: 60.try_into().ok(),
            ..Narrowing::default()
        },
    ] {
        let service = &world.service;
        let exchange = service.exchange_narrowed(&secret, &narrowing, ADDRESS);
        let exchanged = exchange.await.unwrap();
        assert_eq!(takers(&world, &exchanged.token).await.0, [ISSUER, STOCK]);
    }
    let named = only(&[ORDERS]);
    let exchange = world.service.exchange_narrowed(&secret, &named, ADDRESS);
    let exchanged = exchange.await.unwrap();
    assert_eq!(takers(&world, &exchanged.token).await.0, [ORDERS]);
}

#[tokio::test]
async fn without_a_default_a_token_is_for_every_audience() {
    let database = sqlite();
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let secret = world.create(&ada, "ci", DAY).await.unwrap().secret;
    let exchanged = world.exchange(&secret).await.unwrap();
    assert_eq!(takers(&world, &exchanged.token).await.0, [ISSUER, ORDERS]);
    let all = format!("{ISSUER} {ORDERS}");
    assert_eq!(world.service.default_audience(), all);
}

#[on_every_database]
async fn a_refused_audience_is_reported_last_and_is_no_use_of_the_token(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    let service = &world.service;
    let asked = Regeneration {
        overlap_hours: 5,
        end_overlap_at_first_use: true,
        ..Regeneration::default()
    };
    let new = service.regenerate_token(&ada, &id, asked).await.unwrap();
    let foreign = only(&[ORDERS, "https://evil.example"]);
    let unreadable = Narrowing {
        unreadable: Some(Problem::validation("Audience", Reason::TooLong)),
        ..only(&["https://evil.example"])
    };
    for secret in [&new.secret, &issued.secret] {
        let refused = exchange(&world, secret, &foreign).await;
        assert!(matches!(refused, Err(Error::AudienceNotServed)));
        assert_eq!(code(exchange(&world, secret, &unreadable).await), 1001);
    }
    service.flush().await;
    let shown = service.token(&ada, &id).await.unwrap();
    assert_eq!(shown.last_used_at, None);
    assert_eq!(code(world.exchange(&issued.secret).await), 1, "it works on");
    for narrowing in [&foreign, &unreadable] {
        let nothing = service.exchange_header(&[], narrowing, ADDRESS).await;
        assert_eq!(code(nothing), 1200);
        let guess = SecretString::from("atspat_guess");
        assert_eq!(code(exchange(&world, &guess, narrowing).await), 1201);
    }
    service.operator().disable_user("ada").await.unwrap();
    assert_eq!(code(exchange(&world, &new.secret, &foreign).await), 1205);
    world.clock.advance(DAY);
    assert_eq!(code(exchange(&world, &new.secret, &unreadable).await), 1202);
    service.operator().revoke_token(&id).await.unwrap();
    assert_eq!(code(exchange(&world, &new.secret, &foreign).await), 1203);
}

#[tokio::test]
async fn a_default_audience_outside_the_audience_stops_the_start() {
    let database = sqlite();
    let world = world(database.url()).await;
    for default in [&[ORDERS][..], &[ISSUER, STOCK], &[STOCK], &[]] {
        let mut parts = world.parts();
        parts.settings.default_audience = Some(default.iter().map(ToString::to_string).collect());
        let opened = Service::open(parts).await.map(drop);
        assert!(
            matches!(opened, Err(OpenError::DefaultAudience)),
            "{default:?}"
        );
    }
}
