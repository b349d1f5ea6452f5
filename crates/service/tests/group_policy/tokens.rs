//! The owner's groups decide which tokens may be created.

use ats_pat_domain::{MayCreate, Rule};
use ats_pat_service::{Acting, Owner, Regeneration};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{exchange, forbids, join, with_scope, world};

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
