//! What a service account has of its own, and what it can never do.

use ats_pat_domain::scope::Scope;
use ats_pat_service::{Acting, Error, NewToken};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, code};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};

use crate::scene::{KEY_OF_A_REQUEST, every_answer, scene, scene_with, uuid_v7};

#[on_every_database]
async fn names_and_the_limit_belong_to_the_account(database: &TestDatabase) {
    let scene = scene_with(database, |settings| {
        settings.policy.base.max_active_tokens = 1;
    })
    .await;
    scene.world.create(&scene.ada, "ci", DAY).await.unwrap();
    scene.create("ci").await;
    let second = scene.world.create(scene.acting(), "other", DAY).await;
    assert_eq!(code(second), 1304);
    let same = scene.world.create(scene.acting(), "ci", DAY).await;
    assert_eq!(code(same), 1301);
}

#[on_every_database]
async fn only_administrators_give_an_account_the_right_to_introspect(database: &TestDatabase) {
    let scene = scene_with(database, |settings| {
        settings.policy.base.scopes = vec![Scope::new("orders:read", "").unwrap()];
    })
    .await;
    let with = |scope: &str| NewToken {
        scopes: Some(vec![scope.to_owned()]),
        ..scene.world.new_token(scope, DAY)
    };
    let service = scene.service();
    assert_eq!(
        code(
            service
                .create_token(scene.acting(), with("orders:read"))
                .await
        ),
        1
    );
    assert_eq!(
        code(
            service
                .create_token(scene.acting(), with("introspect"))
                .await
        ),
        1305
    );
    let root = scene.world.administrator("root").await;
    let operator = service.operator();
    operator.set_responsible("deploy", "root").await.unwrap();
    let root = Acting::on(&root, scene.owner());
    assert_eq!(
        code(service.create_token(root, with("introspect")).await),
        1
    );
    let again = NewToken {
        name: Some("again".to_owned()),
        ..with("introspect")
    };
    assert_eq!(code(operator.create_token("deploy", again).await), 1);
}

#[on_every_database]
async fn a_disabled_account_gets_no_secrets_but_they_can_be_revoked(database: &TestDatabase) {
    let scene = scene(database).await;
    let issued = scene.create("ci").await;
    scene.disable("deploy").await;
    assert_eq!(code(scene.world.exchange(&issued.secret).await), 1205);
    let id = issued.token.id.to_string();
    for (what, code) in every_answer(&scene.world, scene.acting(), &id).await {
        let expected = match what {
            "create" | "create once" | "regenerate" => 1205,
            _ => 1,
        };
        assert_eq!(code, expected, "{what}");
    }
}

#[on_every_database]
async fn a_repeated_request_creates_one_token_of_an_account(database: &TestDatabase) {
    let scene = scene(database).await;
    let key = uuid_v7(&scene.world, KEY_OF_A_REQUEST);
    let asked = || scene.world.new_token("ci", DAY);
    let service = scene.service();
    let first = service
        .create_token_once(scene.acting(), asked(), &key)
        .await
        .unwrap();
    let again = service
        .create_token_once(scene.acting(), asked(), &key)
        .await
        .unwrap();
    assert!(first.secret.is_some() && again.secret.is_none());
    assert_eq!(first.token.id, again.token.id);
    // The same key creates another token for the person.
    let own = service
        .create_token_once(&scene.ada, asked(), &key)
        .await
        .unwrap();
    assert!(own.secret.is_some());
    assert_ne!(own.token.id, first.token.id);
}

#[tokio::test]
async fn a_service_account_can_do_nothing_that_only_a_person_can() {
    let database = sqlite();
    let scene = scene(&database).await;
    let operator = scene.service().operator();
    let password = operator
        .set_password("deploy", &PASSWORD.into(), false)
        .await;
    assert!(matches!(password, Err(Error::NoPerson { .. })));
    let sign_in = scene
        .service()
        .sign_in("deploy", &PASSWORD.into(), ADDRESS)
        .await;
    assert_eq!(code(sign_in), 1101);
    assert_eq!(scene.account.kind, "Service");
    assert!(!scene.account.is_admin);
}
