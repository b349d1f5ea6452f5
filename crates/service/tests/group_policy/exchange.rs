//! The owner's groups decide in every exchange.

use ats_pat_domain::Rule;
use ats_pat_service::{Error, Narrowing, NewToken, Service};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{ELSEWHERE, exchange, forbids, join, policies, with_scope, world};

#[on_every_database]
async fn a_token_with_all_is_refused_if_the_policy_does_not_allow_it(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let service = &world.service;
    let all = world.create(&ada, "all", DAY).await.unwrap();
    let read = with_scope(&world, "read", "read");
    let read = service.create_token(&ada, read).await.unwrap();
    let bearer = world.exchange(&all.secret).await.unwrap();
    assert_eq!(
        code(service.identity(bearer.token.expose_secret()).await),
        1
    );
    join(&world, &["contractors"]).await;
    let ada = world.sign_in("ada").await;
    // This also applies to a server that started later, and to one that never had it in memory.
    for service in [service.clone(), world.reopen().await.unwrap()] {
        let refused = world_exchange(&service, &all.secret).await;
        assert_eq!(forbids(&refused), Some(Rule::AllScope));
        assert_eq!(exchange(&service, &read.secret, ADDRESS).await, 1);
        let narrowed = Narrowing {
            scope: Some("read".to_owned()),
            ..Narrowing::default()
        };
        let narrowed = service.exchange_narrowed(&all.secret, &narrowed, ADDRESS);
        assert_eq!(forbids(&narrowed.await), Some(Rule::AllScope));
        // Authentication tokens from before are no longer valid.
        let identity = service.identity(bearer.token.expose_secret()).await;
        assert_eq!(code(identity), 1206);
    }
    let again = world.create(&ada, "again", DAY).await;
    assert_eq!(forbids(&again), Some(Rule::AllScope));
    let policy = service.policy(&ada).await.unwrap();
    let offered: Vec<_> = policy.scopes.iter().map(|scope| &*scope.name).collect();
    assert_eq!(offered, ["read"]);
    // The owner can still revoke it.
    let id = all.token.id.to_string();
    assert_eq!(code(service.revoke_token(&ada, &id).await), 1);
}

async fn world_exchange(service: &Service, secret: &SecretString) -> Result<(), Error> {
    let secret = secret.expose_secret().as_bytes();
    service.exchange(&[secret], ADDRESS).await.map(drop)
}

#[on_every_database]
async fn an_owner_who_leaves_the_group_gets_all_rights_again(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let all = world.create(&ada, "all", DAY).await.unwrap();
    for (groups, expected) in [
        (&["contractors"][..], 1306),
        (&["builders", "contractors"], 1306),
        (&["builders"], 1),
        (&["contractors"], 1306),
        (&[], 1),
    ] {
        join(&world, groups).await;
        for _ in 0..2 {
            let answered = exchange(&world.service, &all.secret, ADDRESS).await;
            assert_eq!(answered, expected, "{groups:?}");
        }
    }
}

#[on_every_database]
async fn the_policys_networks_apply_besides_those_of_the_token(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let service = &world.service;
    let anywhere = world.create(&ada, "anywhere", DAY).await.unwrap().secret;
    let far = NewToken {
        allowed_networks: Some(vec![ELSEWHERE.to_string()]),
        ..world.new_token("far", DAY)
    };
    let far = service.create_token(&ada, far).await.unwrap().secret;
    assert_eq!(exchange(service, &anywhere, ELSEWHERE).await, 1);
    assert_eq!(exchange(service, &far, ELSEWHERE).await, 1);
    join(&world, &["near", "contractors"]).await;
    for (secret, from, expected) in [
        // The networks come before `all`.
        (&anywhere, ELSEWHERE, 1204),
        (&anywhere, ADDRESS, 1306),
        (&far, ELSEWHERE, 1204),
        (&far, ADDRESS, 1204),
    ] {
        assert_eq!(exchange(service, secret, from).await, expected);
    }
    join(&world, &["near"]).await;
    assert_eq!(exchange(service, &anywhere, ELSEWHERE).await, 1204);
    assert_eq!(exchange(service, &anywhere, ADDRESS).await, 1);
}

#[on_every_database]
async fn a_token_that_regenerates_itself_follows_the_groups_of_its_owner(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let service = &world.service;
    let new = NewToken {
        may_regenerate_itself: true,
        regenerates_until: Some(world.now().after(DAY * 20).to_string()),
        ..world.new_token("ci", DAY)
    };
    let issued = service.create_token(&ada, new).await.unwrap();
    let presented: &[&[u8]] = &[issued.secret.expose_secret().as_bytes()];
    let holder = service.authenticate_holder(presented, ADDRESS).await;
    let near = service.authenticate_holder(presented, ADDRESS).await;
    let far = service.authenticate_holder(presented, ELSEWHERE).await;
    let (holder, near, far) = (holder.unwrap(), near.unwrap(), far.unwrap());
    join(&world, &["contractors"]).await;
    // This was read before the groups changed.
    let refused = service.regenerate_itself(&holder, None).await;
    assert_eq!(forbids(&refused), Some(Rule::AllScope));
    let again = service.authenticate_holder(presented, ADDRESS).await;
    assert_eq!(forbids(&again), Some(Rule::AllScope));
    join(&world, &["near"]).await;
    assert_eq!(code(service.regenerate_itself(&far, None).await), 1204);
    assert_eq!(code(service.regenerate_itself(&near, None).await), 1);
}

#[tokio::test]
async fn all_is_written_out_as_the_owners_groups_allow() {
    let database = sqlite();
    let world = World::with(database.url(), |settings| {
        policies(settings);
        settings.expand_all_scope = true;
    })
    .await;
    let ada = world.signed_in("ada").await;
    let secret = world.create(&ada, "ci", DAY).await.unwrap().secret;
    let scope = world.exchange(&secret).await.unwrap().scope().to_owned();
    assert_eq!(scope, "all read");
    join(&world, &["builders"]).await;
    let scope = world.exchange(&secret).await.unwrap().scope().to_owned();
    assert_eq!(scope, "all build");
    let narrowed = |scope: &str| Narrowing {
        scope: Some(scope.to_owned()),
        ..Narrowing::default()
    };
    for (scope, fits) in [("build", true), ("read", false)] {
        let narrowed = narrowed(scope);
        let exchanged = world.service.exchange_narrowed(&secret, &narrowed, ADDRESS);
        assert_eq!(exchanged.await.is_ok(), fits, "{scope}");
    }
    assert_eq!(
        world.service.scope_names().await.unwrap(),
        ["all", "read", "build", "introspect"]
    );
}
