//! A user: the state, the password, the groups and the tokens of service accounts.

use ats_pat_service::{Acting, Owner, Regeneration};
use ats_pat_test_support::world::{DAY, PASSWORD, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::put_back::calls::{assert_nothing_is_laundered, sign_in};
use crate::put_back::rows::{copy, put_back, services};
use crate::scene::{Scene, assert_found, scene};

#[on_every_database]
async fn a_disabled_user_stays_disabled(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, issued, .. } = &scene;
    copy(database).await;
    assert_eq!(code(world.service.operator().disable_user("ada").await), 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
        assert_ne!(sign_in(&service, PASSWORD).await, 1);
    }
    assert_nothing_is_laundered(&scene, "users").await;
    assert_eq!(code(world.service.operator().disable_user("ada").await), 1);
    assert_ne!(code(world.service.operator().enable_user("ada").await), 1);
    assert_found(world, "of users was planted or altered, and was ended").await;
}

#[on_every_database]
async fn a_changed_password_stays_changed(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, .. } = &scene;
    let new = "orbit-of-velvet-plums-7";
    copy(database).await;
    let set = world.service.operator();
    assert_eq!(code(set.set_password("ada", &new.into(), false).await), 1);
    assert_eq!(sign_in(&world.service, new).await, 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(sign_in(&service, PASSWORD).await, 1);
    }
    assert_nothing_is_laundered(&scene, "users").await;
}

#[on_every_database]
async fn a_former_responsible_person_stays_without_the_accounts_tokens(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, .. } = &scene;
    let grace = world.signed_in("grace").await;
    let account = world.add_service_account("deploy", "ada").await;
    let as_ada = Acting::on(ada, Owner::ServiceAccount(account.id));
    let as_grace = Acting::on(&grace, Owner::ServiceAccount(account.id));
    let issued = world.create(as_ada, "deploy", DAY).await.unwrap();
    copy(database).await;
    let operator = world.service.operator();
    operator.set_responsible("deploy", "grace").await.unwrap();
    put_back(database).await;
    for service in services(world).await {
        for acting in [as_ada, as_grace] {
            let id = issued.token.id.to_string();
            let anew = service.regenerate_token(acting, &id, Regeneration::default());
            assert_eq!(code(anew.await), 1310);
            assert_eq!(code(service.token(acting, &id).await), 1310);
            let new = world.new_token("another", DAY);
            assert_eq!(code(service.create_token(acting, new).await), 1310);
        }
        assert_eq!(service.service_accounts(ada).await.unwrap(), []);
        let new = world.new_token("another", DAY);
        let made = service.operator().create_token("deploy", new).await;
        assert_ne!(code(made), 1);
    }
    assert_found(world, "of users is an older one, put back").await;
}

#[on_every_database]
async fn a_planted_responsible_person_gets_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, ada, .. } = &scene;
    world.add_user("grace").await;
    let account = world.add_service_account("deploy", "grace").await;
    let plant = "UPDATE users SET responsible_id = (SELECT id FROM (SELECT id FROM users WHERE name = 'ada') AS u) WHERE name = 'deploy'";
    database.execute(plant).await;
    for service in services(world).await {
        let acting = Acting::on(ada, Owner::ServiceAccount(account.id));
        let new = world.new_token("planted", DAY);
        assert_eq!(code(service.create_token(acting, new).await), 1310);
        assert_eq!(service.service_accounts(ada).await.unwrap(), []);
    }
    assert_found(world, "of users was planted or altered").await;
}

#[on_every_database]
async fn a_user_who_was_put_back_into_earlier_groups_gets_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, issued, .. } = &scene;
    let operator = world.service.operator();
    let builders = ["corp/builders".to_owned()];
    operator.set_groups("ada", &builders).await.unwrap();
    assert_eq!(exchanged(&world.service, &issued.secret).await, 1);
    copy(database).await;
    operator.set_groups("ada", &[]).await.unwrap();
    assert_eq!(exchanged(&world.service, &issued.secret).await, 1);
    put_back(database).await;
    for service in services(world).await {
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
    let add = operator.set_groups("ada", &builders).await;
    assert_ne!(code(add), 1);
    assert_found(world, "of users is an older one, put back").await;
}

#[on_every_database]
async fn a_planted_group_grants_nothing(database: &TestDatabase) {
    let scene = scene(database).await;
    let Scene { world, issued, .. } = &scene;
    let plant = "UPDATE users SET member_of = 'corp/builders' WHERE name = 'ada'";
    database.execute(plant).await;
    for service in services(world).await {
        assert_ne!(exchanged(&service, &issued.secret).await, 1);
    }
    assert_found(world, "of users was planted or altered").await;
}
