//! An authentication token with fewer rights than its personal access token.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::Duration;

use ats_pat_service::{Error, Exchanged, Narrowing};
use ats_pat_test_support::world::{ADDRESS, DAY, ISSUER, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use ats_pat_token::{Claims, Expectations, Unverified};
use proptest::prelude::*;
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{ORDERS, create, world};

fn narrowing(scope: Option<&str>, audience: &[&str], seconds: Option<u32>) -> Narrowing {
    Narrowing {
        scope: scope.map(ToOwned::to_owned),
        audience: (!audience.is_empty())
            .then(|| audience.iter().map(ToString::to_string).collect()),
        lifetime_seconds: seconds.map(|seconds| NonZeroU32::new(seconds).unwrap()),
        unreadable: None,
    }
}

async fn exchange(
    world: &World,
    secret: &SecretString,
    narrowing: &Narrowing,
) -> Result<Exchanged, Error> {
    let service = &world.service;
    service.exchange_narrowed(secret, narrowing, ADDRESS).await
}

async fn claims(world: &World, token: &SecretString) -> Claims {
    let keys = world.service.jwks().await.unwrap();
    [ISSUER, ORDERS]
        .iter()
        .find_map(|audience| {
            let unverified = Unverified::parse(token.expose_secret()).unwrap();
            let key = keys.find(unverified.kid()).unwrap().key().to_owned();
            let expectations = Expectations {
                issuer: ISSUER,
                audience,
                now_seconds: world.now().as_seconds(),
                skew_seconds: 0,
            };
            unverified.verify(&key, &expectations).ok()
        })
        .unwrap()
}

#[on_every_database]
async fn scope_audience_and_lifetime_are_narrowed_for_this_token_only(database: &TestDatabase) {
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let secret = world.create(&ada, "ci", DAY).await.unwrap().secret;
    let asked = narrowing(Some("orders:read"), &[ORDERS], Some(7));
    let narrowed = exchange(&world, &secret, &asked).await.unwrap();
    let said = claims(&world, &narrowed.token).await;
    assert_eq!(
        (said.scope.as_str(), said.exp - said.iat),
        ("orders:read", 7)
    );
    assert_eq!(said.aud.iter().collect::<Vec<_>>(), [ORDERS]);
    assert_eq!(
        (narrowed.scope(), narrowed.lifetime_seconds),
        ("orders:read", 7)
    );
    // It is not for this service, which is the first audience.
    let bearer = narrowed.token.expose_secret();
    assert_eq!(code(world.service.identity(bearer).await), 1206);
    let next = world.exchange(&secret).await.unwrap();
    let said = claims(&world, &next.token).await;
    assert_eq!((said.scope.as_str(), said.exp - said.iat), ("all", 300));
    assert_eq!(said.aud.iter().collect::<Vec<_>>(), [ISSUER, ORDERS]);
}

#[on_every_database]
async fn widening_is_refused_and_is_no_use(database: &TestDatabase) {
    let world = world(database.url()).await;
    let root = world.administrator("root").await;
    let issued = create(&world, &root, "ci", &["orders:read"]).await.unwrap();
    let whole = create(&world, &root, "whole", &["all"]).await.unwrap();
    for (secret, scope) in [
        (&issued.secret, "orders:write"),
        (&issued.secret, "orders:read orders:write"),
        (&issued.secret, "all"),
        (&issued.secret, "introspect"),
        (&whole.secret, "introspect"),
        (&whole.secret, "all orders:read"),
        (&whole.secret, "nothing"),
    ] {
        let refused = exchange(&world, secret, &narrowing(Some(scope), &[], None)).await;
        assert!(matches!(refused, Err(Error::ScopeNotHeld(_))), "{scope}");
    }
    let foreign = narrowing(None, &[ORDERS, "https://evil.example"], None);
    let refused = exchange(&world, &whole.secret, &foreign).await;
    assert!(matches!(refused, Err(Error::AudienceNotServed)));
    let longer = narrowing(None, &[], Some(301));
    let refused = exchange(&world, &whole.secret, &longer).await;
    assert!(matches!(
        refused,
        Err(Error::LifetimeTooLong {
            longest_seconds: 300
        })
    ));
    world.service.flush().await;
    for token in [&issued.token, &whole.token] {
        let shown = world.service.token(&root, &token.id.to_string()).await;
        assert_eq!(shown.unwrap().last_used_at, None);
    }
    let last = narrowing(Some("orders:read"), &[ISSUER, ORDERS], Some(300));
    exchange(&world, &issued.secret, &last).await.unwrap();
    world.service.flush().await;
    let shown = world
        .service
        .token(&root, &issued.token.id.to_string())
        .await;
    assert_eq!(shown.unwrap().last_used_at, Some(world.now()));
}

#[tokio::test]
async fn only_the_holder_learns_what_the_token_may_do() {
    let database = sqlite();
    let world = world(database.url()).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let wide = narrowing(Some("nothing"), &["https://evil.example"], Some(9999));
    let guess = SecretString::from("atspat_guess");
    for attempt in 0..100 {
        assert_eq!(
            code(exchange(&world, &guess, &wide).await),
            1201,
            "{attempt}"
        );
    }
    assert_eq!(code(exchange(&world, &guess, &wide).await), 1400);
    let id = issued.token.id.to_string();
    world.service.revoke_token(&ada, &id).await.unwrap();
    assert_eq!(code(exchange(&world, &issued.secret, &wide).await), 1203);
}

/// One deployment for all cases. They differ in what they ask for, and in how long the token is
/// still valid.
static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());

#[test]
fn no_narrowed_token_exceeds_its_personal_access_token() {
    let database = sqlite();
    let (world, tokens) = RUNTIME.block_on(async {
        let world = world(database.url()).await;
        let root = world.administrator("root").await;
        let mut tokens = Vec::new();
        for scopes in [
            &["all"][..],
            &["orders:read"],
            &["orders:read", "orders:write"],
            &["introspect", "orders:write"],
        ] {
            let issued = create(&world, &root, &scopes.join(" "), scopes)
                .await
                .unwrap();
            tokens.push((scopes, issued));
        }
        (world, tokens)
    });
    let name = prop::sample::select(vec![
        "all",
        "introspect",
        "orders:read",
        "orders:write",
        "nothing",
        "",
    ]);
    let scope =
        prop::option::of(prop::collection::vec(name, 0..4).prop_map(|names| names.join(" ")));
    let recipient = prop::sample::select(vec![ISSUER, ORDERS, "https://evil.example"]);
    let audience = prop::collection::vec(recipient, 0..3);
    let seconds = prop::option::of(prop_oneof![1..=302_u32, Just(u32::MAX)]);
    let asked = (0..tokens.len(), scope, audience, seconds, 0..2_000_u64);
    let granted = std::cell::Cell::new(0);
    proptest!(ProptestConfig::with_cases(400), |((token, scope, audience, seconds, wait) in asked)| {
        let (held, issued) = &tokens[token];
        // Towards the end of the token's life, and then back to its start.
        let before_end = DAY.saturating_sub(Duration::from_millis(wait * 400));
        let beginning = world.now();
        world.clock.advance(before_end);
        let narrowing = narrowing(scope.as_deref(), &audience, seconds);
        let outcome = RUNTIME.block_on(async {
            let exchanged = exchange(&world, &issued.secret, &narrowing).await.ok()?;
            Some(claims(&world, &exchanged.token).await)
        });
        world.clock.set(beginning);
        let Some(said) = outcome else { return Ok(()) };
        granted.set(granted.get() + 1);
        let catalogue = ["all", "orders:read", "orders:write"];
        let may: BTreeSet<&str> = if held.contains(&"all") { catalogue.into() } else { held.iter().copied().collect() };
        let carried: BTreeSet<&str> = said.scopes().collect();
        prop_assert!(!carried.is_empty() && carried.is_subset(&may), "{carried:?} of {may:?}");
        if let Some(scope) = &scope {
            let wanted: BTreeSet<&str> = scope.split(' ').collect();
            prop_assert_eq!(carried, wanted);
        }
        prop_assert!(said.aud.iter().all(|recipient| [ISSUER, ORDERS].contains(&recipient)));
        if !audience.is_empty() {
            prop_assert!(said.aud.iter().all(|recipient| audience.contains(&recipient)));
        }
        let lifetime = said.exp - said.iat;
        prop_assert!(lifetime >= 1 && lifetime <= seconds.map_or(300, i64::from).min(300));
        prop_assert!(said.exp <= issued.token.expires_at.as_seconds());
    });
    assert!(granted.get() > 50, "only {} were granted", granted.get());
}
