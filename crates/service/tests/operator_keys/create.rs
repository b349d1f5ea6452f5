//! Who creates operator keys, and which are refused.

use std::time::Duration;

use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Error, NewOperatorKey, SignedIn};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::scene::{holder, key, shown};

#[on_every_database]
async fn a_form_makes_one_key_however_often_it_is_posted(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    let ada = world.administrator("ada").await;
    let form = world.service.new_form_key().unwrap();
    let post = async |by: &SignedIn, name: &str, form: &str| {
        let operator = world.service.administrator(by).unwrap();
        let new = NewOperatorKey {
            name: Some(name.to_owned()),
            ..world.new_operator_key(&[Right::Users])
        };
        operator.create_operator_key_by_form(new, form).await
    };
    let made = post(&root, "SIEM", &form).await.unwrap();
    let secret = made.secret.expose_secret();
    assert!(shown(&world.service, secret).await.is_ok());
    let operator = world.service.administrator(&root).unwrap();
    for name in ["SIEM", "another"] {
        let again = post(&root, name, &form).await;
        assert!(
            matches!(again, Err(Error::OperatorKeyAlreadyCreated { name }) if name == "SIEM"),
            "{name}"
        );
    }
    let id = made.key.id.to_string();
    operator.revoke_operator_key(&id).await.unwrap();
    assert_eq!(code(post(&root, "SIEM", &form).await), 1301);
    assert_eq!(operator.operator_keys().await.unwrap().len(), 1);
    // Another administrator's form of the same key is another form.
    post(&ada, "SIEM", &form).await.unwrap();
    assert_eq!(operator.operator_keys().await.unwrap().len(), 2);
    for wrong in ["", "x", &uuid::Uuid::nil().to_string()] {
        assert_eq!(code(post(&root, "SIEM", wrong).await), 1000, "{wrong}");
    }
    world.clock.advance(DAY);
    let root = world.sign_in("root").await;
    assert_eq!(code(post(&root, "SIEM", &form).await), 1000);
}

#[on_every_database]
async fn a_malformed_key_request_is_refused_and_creates_nothing(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    let eve = world.signed_in("eve").await;
    assert!(world.service.administrator(&eve).is_err());
    let operator = world.service.administrator(&root).unwrap();
    let right = || world.new_operator_key(&[Right::Tokens]);
    for (wrong, expected) in [
        (NewOperatorKey::default(), 1001),
        (
            NewOperatorKey {
                rights: Vec::new(),
                ..right()
            },
            1001,
        ),
        (
            NewOperatorKey {
                rights: vec!["root".to_owned()],
                ..right()
            },
            1001,
        ),
        (
            NewOperatorKey {
                name: Some(String::new()),
                ..right()
            },
            1001,
        ),
        (
            NewOperatorKey {
                allowed_networks: Some(vec!["?".to_owned()]),
                ..right()
            },
            1001,
        ),
        (
            NewOperatorKey {
                expires_at: Some(world.now().to_string()),
                ..right()
            },
            1302,
        ),
        (
            NewOperatorKey {
                expires_at: Some(world.now().after(DAY * 367).to_string()),
                ..right()
            },
            1302,
        ),
    ] {
        assert_eq!(code(operator.create_operator_key(wrong).await), expected);
    }
    // The sign-in must be recent, whatever the policy says.
    world.clock.advance(Duration::from_mins(16));
    assert_eq!(code(operator.create_operator_key(right()).await), 1104);
    assert!(operator.operator_keys().await.unwrap().is_empty());
    // No key can create, list or revoke keys, whatever its rights are.
    let (_, id) = key(&world, &Right::ALL).await;
    let holder = holder(&world, &Right::ALL).await;
    for right in Right::ALL {
        let operator = world.service.administering(&holder, right).unwrap();
        let new = world.new_operator_key(&[Right::Scim]);
        assert_eq!(code(operator.create_operator_key(new).await), 1102);
        assert_eq!(code(operator.operator_keys().await), 1102);
        assert_eq!(code(operator.revoke_operator_key(&id).await), 1102);
    }
}
