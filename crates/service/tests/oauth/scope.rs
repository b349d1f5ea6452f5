//! The reserved scope `introspect`.

use ats_pat_test_support::world::code;
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{create, world};

#[on_every_database]
async fn only_administrators_may_give_introspect_and_never_beside_all(database: &TestDatabase) {
    let world = world(database.url()).await;
    let root = world.administrator("root").await;
    let eve = world.signed_in("eve").await;
    for (name, scopes, by_root, by_eve) in [
        ("alone", &["introspect"][..], 1, 1305),
        ("beside", &["introspect", "orders:read"], 1, 1305),
        ("with all", &["introspect", "all"], 1001, 1001),
        ("in capitals", &["Introspect"], 1305, 1305),
        ("another", &["orders:read"], 1, 1),
    ] {
        assert_eq!(
            code(create(&world, &root, name, scopes).await),
            by_root,
            "{name}"
        );
        assert_eq!(
            code(create(&world, &eve, name, scopes).await),
            by_eve,
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_policy_offers_introspect_to_administrators_only() {
    let database = ats_pat_test_support::sqlite();
    let world = world(database.url()).await;
    let root = world.administrator("root").await;
    let eve = world.signed_in("eve").await;
    for (by, offered) in [
        (&eve, &["all", "orders:read", "orders:write"][..]),
        (&root, &["all", "orders:read", "orders:write", "introspect"]),
    ] {
        let scopes = world.service.policy(by).await.unwrap().scopes;
        let names: Vec<_> = scopes.iter().map(|scope| &*scope.name).collect();
        assert_eq!(names, offered);
    }
}
