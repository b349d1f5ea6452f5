//! Introspection of tokens by other services.

use std::time::Duration;

use ats_pat_domain::GroupPolicy;
use ats_pat_domain::group::Group;
use ats_pat_service::{Introspection, NewToken, Regeneration};
use ats_pat_test_support::world::{DAY, ISSUER, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{ORDERS, create, introspect, introspector, world, world_with};

#[on_every_database]
async fn both_kinds_of_token_are_described_correctly(database: &TestDatabase) {
    let world = world(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("Ada").await;
    let issued = create(&world, &ada, "ci", &["orders:read"]).await.unwrap();
    let made_at = world.now().as_seconds();
    world.clock.advance(Duration::from_secs(100));
    let told = introspect(&world, &by, &issued.secret).await.unwrap();
    let expected = Introspection {
        scope: "orders:read".to_owned(),
        token_id: issued.token.id,
        owner_id: ada.user().id,
        user_name: "Ada".to_owned(),
        issuer: ISSUER.to_owned(),
        expires_at: issued.token.expires_at.as_seconds(),
        issued_at: Some(made_at),
        authentication: None,
    };
    assert_eq!(told, expected);
    let now = world.now().as_seconds();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    let told = introspect(&world, &by, &exchanged.token).await.unwrap();
    let authentication = told.authentication.clone().unwrap();
    assert_eq!(
        authentication.audience.iter().collect::<Vec<_>>(),
        [ISSUER, ORDERS]
    );
    assert_eq!(
        (authentication.not_before, authentication.id.len()),
        (now, 36)
    );
    assert_eq!(
        told,
        Introspection {
            expires_at: now + 300,
            issued_at: Some(now),
            authentication: Some(authentication),
            ..expected
        }
    );
}

#[on_every_database]
async fn ended_tokens_are_inactive_at_once(database: &TestDatabase) {
    let world = world(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let first = create(&world, &ada, "ci", &["orders:read"]).await.unwrap();
    let id = first.token.id.to_string();
    let service = &world.service;
    let before = world.exchange(&first.secret).await.unwrap().token;
    let active = async |token: &SecretString| introspect(&world, &by, token).await.is_some();
    assert!(active(&first.secret).await && active(&before).await);
    let second = service
        .regenerate_token(&ada, &id, Regeneration::default())
        .await
        .unwrap();
    let after = world.exchange(&second.secret).await.unwrap().token;
    assert!(
        !active(&first.secret).await && !active(&before).await,
        "replaced"
    );
    assert!(active(&second.secret).await && active(&after).await);
    service.operator().disable_user("ada").await.unwrap();
    assert!(
        !active(&second.secret).await && !active(&after).await,
        "disabled"
    );
    service.operator().enable_user("ada").await.unwrap();
    assert!(
        active(&second.secret).await && !active(&after).await,
        "enabled: what was exchanged before stays revoked"
    );
    service.operator().revoke_token(&id).await.unwrap();
    assert!(
        !active(&second.secret).await && !active(&after).await,
        "revoked"
    );
    let mut forged = after.expose_secret().to_owned();
    forged.replace_range(forged.len() - 4.., "AAAA");
    for nothing in [forged.as_str(), "", "x", "a.b.c", "atspat_guess"] {
        assert!(!active(&nothing.into()).await, "{nothing}");
    }
}

#[tokio::test]
async fn time_ends_both_kinds_of_token() {
    let database = ats_pat_test_support::sqlite();
    let world = world(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let issued = world
        .create(&ada, "ci", Duration::from_secs(200))
        .await
        .unwrap();
    let bearer = world.exchange(&issued.secret).await.unwrap().token;
    world.clock.advance(Duration::from_secs(199));
    assert!(introspect(&world, &by, &issued.secret).await.is_some());
    assert!(introspect(&world, &by, &bearer).await.is_some());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(introspect(&world, &by, &issued.secret).await, None);
    assert_eq!(introspect(&world, &by, &bearer).await, None);
}

#[on_every_database]
async fn introspection_ignores_networks_and_audiences_and_is_no_use(database: &TestDatabase) {
    let world = world(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let new = NewToken {
        name: Some("far".to_owned()),
        expires_at: Some(world.now().after(DAY).to_string()),
        allowed_networks: Some(vec!["203.0.113.0/24".to_owned()]),
        ..NewToken::default()
    };
    let issued = world.service.create_token(&ada, new).await.unwrap();
    assert_eq!(code(world.exchange(&issued.secret).await), 1204);
    let told = introspect(&world, &by, &issued.secret).await.unwrap();
    assert_eq!(told.token_id, issued.token.id);
    world.service.flush().await;
    let shown = world
        .service
        .token(&ada, &issued.token.id.to_string())
        .await;
    assert_eq!(shown.unwrap().last_used_at, None);
    let narrowing = ats_pat_service::Narrowing {
        audience: Some(vec![ORDERS.to_owned()]),
        ..Default::default()
    };
    let there = "203.0.113.9".parse().unwrap();
    let bearer = world
        .service
        .exchange_narrowed(&issued.secret, &narrowing, there)
        .await
        .unwrap()
        .token;
    assert!(introspect(&world, &by, &bearer).await.is_some());
}

#[on_every_database]
async fn the_caller_needs_an_authentication_token_with_the_scope(database: &TestDatabase) {
    let world = world(database.url()).await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let all = world.create(&ada, "all", DAY).await.unwrap();
    let bearer = world.exchange(&all.secret).await.unwrap().token;
    for (shown, expected) in [
        (bearer.expose_secret(), 1102),
        (all.secret.expose_secret(), 1206),
        ("", 1206),
    ] {
        assert_eq!(code(world.service.introspector(shown).await), expected);
    }
    assert_eq!(
        code(world.service.introspector(by.expose_secret()).await),
        1
    );
    world
        .service
        .operator()
        .disable_even_the_last("root")
        .await
        .unwrap();
    assert_eq!(
        code(world.service.introspector(by.expose_secret()).await),
        1206
    );
}

#[on_every_database]
async fn a_token_that_the_policy_would_not_exchange_is_not_active(database: &TestDatabase) {
    let world = world_with(database.url(), |settings| {
        let contractors = Group::new("corp/contractors").unwrap();
        settings.policy.groups = vec![GroupPolicy {
            all_scope_allowed: Some(false),
            ..GroupPolicy::of(contractors)
        }];
    })
    .await;
    let by = introspector(&world).await;
    let ada = world.signed_in("ada").await;
    let all = create(&world, &ada, "all", &["all"]).await.unwrap().secret;
    let read = create(&world, &ada, "read", &["orders:read"]).await;
    let read = read.unwrap().secret;
    let of_all = world.exchange(&all).await.unwrap().token;
    let of_read = world.exchange(&read).await.unwrap().token;
    for (groups, all_holds) in [(&[][..], true), (&["corp/contractors".to_owned()], false)] {
        let operator = world.service.operator();
        operator.set_groups("ada", groups).await.unwrap();
        for (token, holds) in [
            (&all, all_holds),
            (&of_all, all_holds),
            (&read, true),
            (&of_read, true),
        ] {
            assert_eq!(introspect(&world, &by, token).await.is_some(), holds);
        }
    }
}
