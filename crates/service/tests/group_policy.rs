//! The policy differs by the owner's groups, when tokens are created and in every exchange.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::net::IpAddr;

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{GroupPolicy, MayCreate, Policies, Problem, Rule};
use ats_pat_service::view::PolicyCheck;
use ats_pat_service::{Acting, Error, Narrowing, NewToken, Owner, Regeneration, Service, Settings};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use secrecy::{ExposeSecret, SecretString};

const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

fn group(name: &str) -> GroupPolicy {
    GroupPolicy::of(Group::new(&format!("corp/{name}")).unwrap())
}

fn networks(network: &str) -> Vec<AllowedNetworks> {
    vec![AllowedNetworks::parse(&[network.to_owned()]).unwrap()]
}

/// Builders get more, guests can create nothing, and contractors must be near and name the scopes
/// of their tokens.
fn policies(settings: &mut Settings) {
    settings.policy.base.max_lifetime_days = 30;
    settings.policy.base.scopes = vec![Scope::new("read", "").unwrap()];
    settings.policy.groups = vec![
        GroupPolicy {
            max_lifetime_days: Some(90),
            max_active_tokens: Some(1),
            max_overlap_hours: Some(0),
            scopes: Some(vec![Scope::new("build", "").unwrap()]),
            ..group("builders")
        },
        GroupPolicy {
            may_create: Some(MayCreate::Nobody),
            ..group("guests")
        },
        GroupPolicy {
            all_scope_allowed: Some(false),
            ..group("contractors")
        },
        GroupPolicy {
            required_networks: Some(networks("192.0.2.0/24")),
            ..group("near")
        },
    ];
}

async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), policies).await
}

/// Puts ada into these groups.
async fn join(world: &World, groups: &[&str]) {
    let groups: Vec<String> = groups.iter().map(|group| format!("corp/{group}")).collect();
    let operator = world.service.operator();
    operator.set_groups("ada", &groups).await.unwrap();
}

fn forbids<T>(result: &Result<T, Error>) -> Option<Rule> {
    match result {
        Err(Error::Refused(Problem::PolicyForbids { rule })) => Some(*rule),
        _ => None,
    }
}

fn with_scope(world: &World, name: &str, scope: &str) -> NewToken {
    NewToken {
        scopes: Some(vec![scope.to_owned()]),
        ..world.new_token(name, DAY)
    }
}

async fn exchange(service: &Service, secret: &SecretString, from: IpAddr) -> u32 {
    let secret = secret.expose_secret().as_bytes();
    code(service.exchange(&[secret], from).await)
}

#[on_every_database]
async fn the_groups_of_the_owner_decide_which_tokens_may_be_created(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let service = &world.service;
    let long = world.new_token("long", DAY * 60);
    assert_eq!(code(service.create_token(&ada, long.clone()).await), 1302);
    let build = with_scope(&world, "build", "build");
    assert_eq!(code(service.create_token(&ada, build.clone()).await), 1305);
    join(&world, &["builders"]).await;
    let ada = world.sign_in("ada").await;
    let made = service.create_token(&ada, long).await.unwrap();
    assert_eq!(code(service.create_token(&ada, build.clone()).await), 1304);
    let overlap = Regeneration {
        overlap_hours: 1,
        ..Regeneration::default()
    };
    let id = made.token.id.to_string();
    let regenerated = service.regenerate_token(&ada, &id, overlap).await;
    assert_eq!(forbids(&regenerated), Some(Rule::Overlap));
    assert_eq!(code(service.revoke_token(&ada, &id).await), 1);
    assert_eq!(code(service.create_token(&ada, build.clone()).await), 1);
    let read = with_scope(&world, "read", "read");
    assert_eq!(code(service.create_token(&ada, read).await), 1305);
    let policy = service.policy(&ada).await.unwrap();
    let offered: Vec<_> = policy.scopes.iter().map(|scope| &*scope.name).collect();
    assert_eq!(
        (policy.max_lifetime_days, offered),
        (90, vec!["all", "build"])
    );
    assert_eq!(policy.default_lifetime_days, 30);
}

#[on_every_database]
async fn a_user_who_is_put_into_other_groups_must_sign_in_again(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    join(&world, &["builders"]).await;
    assert_eq!(code(world.create(&ada, "late", DAY).await), 1100);
    let ada = world.sign_in("ada").await;
    // Nothing is different from before.
    join(&world, &["builders"]).await;
    assert_eq!(code(world.create(&ada, "ci", DAY).await), 1);
}

#[on_every_database]
async fn a_user_who_may_not_create_tokens_keeps_existing_ones(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let made = world.create(&ada, "ci", DAY).await.unwrap();
    join(&world, &["guests"]).await;
    let ada = world.sign_in("ada").await;
    let service = &world.service;
    assert_eq!(
        service.policy(&ada).await.unwrap().may_create,
        MayCreate::Nobody
    );
    let late = world.create(&ada, "late", DAY).await;
    assert_eq!(forbids(&late), Some(Rule::MayCreate));
    // Faults of the request come first.
    assert_eq!(code(world.create(&ada, "late", DAY * 60).await), 1302);
    let unknown = with_scope(&world, "late", "burn");
    assert_eq!(code(service.create_token(&ada, unknown).await), 1305);
    assert_eq!(exchange(service, &made.secret, ADDRESS).await, 1);
    let id = made.token.id.to_string();
    let anew = service.regenerate_token(&ada, &id, Regeneration::default());
    assert_eq!(code(anew.await), 1);
    // A group that says nothing about it changes nothing.
    service
        .operator()
        .set_groups("ada", &["corp/guests".to_owned(), "corp/near".to_owned()])
        .await
        .unwrap();
    let late = world.create(&ada, "late", DAY).await;
    assert_eq!(forbids(&late), Some(Rule::MayCreate));
}

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

async fn account(world: &World) -> Owner {
    world.add_user("ada").await;
    let account = world.add_service_account("deploy", "ada").await;
    Owner::service_account(&account.id.to_string())
}

#[on_every_database]
async fn the_groups_of_a_service_account_count_not_those_of_its_person(database: &TestDatabase) {
    let world = world(database).await;
    let owner = account(&world).await;
    join(&world, &["guests", "builders"]).await;
    let ada = world.sign_in("ada").await;
    let acting = Acting::on(&ada, owner);
    let service = &world.service;
    assert_eq!(code(world.create(acting, "ci", DAY).await), 1);
    // This is refused before the account is looked up, because no owner may have it.
    let nobody = Acting::on(&ada, Owner::Nobody);
    assert_eq!(code(world.create(nobody, "x", DAY * 91).await), 1302);
    assert_eq!(code(world.create(nobody, "x", DAY * 60).await), 1310);
    assert_eq!(code(world.create(acting, "long", DAY * 60).await), 1302);
    let builders = ["corp/builders".to_owned()];
    let operator = service.operator();
    operator.set_groups("deploy", &builders).await.unwrap();
    let long = world.new_token("long", DAY * 60);
    // One is active already, and builders may have one.
    assert_eq!(code(service.create_token(acting, long.clone()).await), 1304);
    assert_eq!(code(operator.create_token("deploy", long).await), 1304);
    let guests = ["corp/guests".to_owned()];
    operator.set_groups("deploy", &guests).await.unwrap();
    let new = world.new_token("more", DAY);
    let made = operator.create_token("deploy", new).await;
    assert_eq!(forbids(&made), Some(Rule::MayCreate));
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

#[on_every_database]
async fn a_check_counts_what_a_policy_would_do(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let service = &world.service;
    let ada = world.signed_in("ada").await;
    let near = NewToken {
        allowed_networks: Some(vec![ADDRESS.to_string()]),
        ..world.new_token("near", DAY * 10)
    };
    let near = service.create_token(&ada, near).await.unwrap();
    let far = NewToken {
        allowed_networks: Some(vec![ELSEWHERE.to_string()]),
        ..world.new_token("far", DAY * 300)
    };
    service.create_token(&ada, far).await.unwrap();
    let used = world.create(&ada, "used elsewhere", DAY * 300).await;
    let ended = world.create(&ada, "ended", DAY * 300).await.unwrap();
    let id = ended.token.id.to_string();
    service.revoke_token(&ada, &id).await.unwrap();
    let grace = world.signed_in("grace").await;
    world.create(&grace, "ci", DAY * 10).await.unwrap();
    world.add_user("idle").await;
    let operator = service.operator();
    let guests = ["corp/guests".to_owned()];
    operator.set_groups("grace", &guests).await.unwrap();
    world.clock.advance(DAY * 8);
    let used = used.unwrap();
    world.exchange_from(&used.secret, ELSEWHERE).await.unwrap();
    world.exchange(&near.secret).await.unwrap();
    service.flush().await;
    let mut settings = world.settings.clone();
    policies(&mut settings);
    settings.policy.base.required_networks = networks("192.0.2.0/24");
    settings.policy.base.revoke_unused_after_days = 7;
    settings.policy.base.max_active_tokens = 2;
    settings.policy.groups[1].all_scope_allowed = Some(false);
    let before = world.store.events().head().await.unwrap();
    let found = operator.check_policies(settings.policy).await.unwrap();
    let expected = PolicyCheck {
        active_tokens: 4,
        owners: 2,
        affected_tokens: 3,
        affected_owners: 2,
        longer_than_allowed: 2,
        with_all_scope: 1,
        from_other_networks: 2,
        // Those are the token that was never used, and Grace's.
        unused: 2,
        owners_over_limit: 1,
        users_who_may_not_create: 1,
    };
    assert_eq!(found, expected);
    assert_eq!(world.store.events().head().await.unwrap(), before);
    let nothing = operator.check_policies(Policies::default()).await.unwrap();
    assert_eq!((nothing.active_tokens, nothing.affected_tokens), (4, 0));
}
