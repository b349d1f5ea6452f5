//! What an operator key may do.

use ats_pat_domain::Problem;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Error, NewServiceAccount, NewToken, NewUser};
use ats_pat_test_support::world::{DAY, World, code, exchanged, person};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::holder;

#[on_every_database]
async fn the_right_over_users_never_reaches_an_administrator(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    world.administrator("other").await;
    let tokens = world.create(&root, "ci", DAY).await.unwrap();
    let service = &world.service;
    let users = holder(&world, &[Right::Users]).await;
    let operator = service.administering(&users, Right::Users).unwrap();
    for denied in [
        Right::Administrators,
        Right::Tokens,
        Right::Policy,
        Right::Audit,
    ] {
        assert_eq!(code(service.administering(&users, denied).map(drop)), 1102);
    }
    let without_password = || NewUser {
        password: None,
        ..person("new", false)
    };
    for more in [
        person("new", false),
        NewUser {
            administrator: true,
            ..without_password()
        },
        NewUser {
            id: Some(root.user().id),
            ..without_password()
        },
    ] {
        assert_eq!(code(operator.add_user(more).await), 1102);
    }
    assert_eq!(code(operator.disable_user("root").await), 1102);
    assert_eq!(code(operator.revoke_tokens_of("root").await), 1102);
    let password = "plum-velvet-orbit-92".into();
    assert_eq!(
        code(operator.set_password("new", &password, true).await),
        1102
    );
    assert_eq!(code(operator.add_user(without_password()).await), 1);
    assert_eq!(code(operator.add_user(without_password()).await), 1311);
    assert_eq!(code(operator.disable_user("new").await), 1);
    assert_eq!(code(operator.enable_user("new").await), 1);
    let account = NewServiceAccount {
        name: "deploy".to_owned(),
        id: None,
        display_name: None,
        email: None,
        responsible: "root".to_owned(),
    };
    assert_eq!(code(operator.add_service_account(account).await), 1);
    // Nothing happened to the administrator.
    assert_eq!(exchanged(service, &tokens.secret).await, 1);
    let told = world.told("user.created").await;
    assert!(told[0].event.actor.starts_with("operator-key:"), "{told:?}");
    // With the right over administrators it does, but never to the last one.
    let both = holder(&world, &[Right::Administrators]).await;
    let operator = service.administering(&both, Right::Users).unwrap();
    assert_eq!(code(operator.revoke_tokens_of("root").await), 1);
    assert_eq!(exchanged(service, &tokens.secret).await, 1203);
    assert_eq!(code(operator.disable_user("root").await), 1);
    let last = operator.disable_user("other").await;
    assert!(matches!(last, Err(Error::LastAdministrator { .. })));
}

#[on_every_database]
async fn a_key_creates_tokens_for_service_accounts_but_never_with_introspect(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    world.add_service_account("deploy", "ada").await;
    let service = &world.service;
    let holder = holder(&world, &[Right::ServiceTokens]).await;
    let operator = service
        .administering(&holder, Right::ServiceTokens)
        .unwrap();
    let introspect = NewToken {
        scopes: Some(vec!["introspect".to_owned()]),
        ..world.new_token("ask", DAY)
    };
    let refused = operator.create_token("deploy", introspect).await;
    let Err(Error::Refused(Problem::UnknownScope { .. })) = refused else {
        panic!("no key gives the right to ask about others' tokens");
    };
    let new = world.new_token("ci", DAY);
    let issued = operator.create_token("deploy", new.clone()).await.unwrap();
    assert_eq!(exchanged(service, &issued.secret).await, 1);
    let persons = operator.create_token("ada", new).await;
    assert!(matches!(persons, Err(Error::NoServiceAccount { .. })));
}
