//! Operator keys: who creates them, what they may do, and that they do nothing after their end.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_domain::operator_key::Right;
use ats_pat_domain::{Problem, Status};
use ats_pat_service::{
    Administering, Error, KeyHolder, NewOperatorKey, NewServiceAccount, NewToken, NewUser, Service,
    SignedIn,
};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

async fn administrator(world: &World, name: &str) -> SignedIn {
    let new = NewUser {
        administrator: true,
        ..person(name)
    };
    world.service.operator().add_user(new).await.unwrap();
    world.sign_in(name).await
}

fn person(name: &str) -> NewUser {
    NewUser {
        name: name.to_owned(),
        id: None,
        display_name: None,
        email: None,
        administrator: false,
        password: Some(PASSWORD.into()),
    }
}

fn new_key(world: &World, rights: &[Right]) -> NewOperatorKey {
    NewOperatorKey {
        name: Some("Terraform".to_owned()),
        rights: rights
            .iter()
            .map(|right| right.as_str().to_owned())
            .collect(),
        expires_at: Some(world.now().after(DAY).to_string()),
        allowed_networks: None,
    }
}

/// The secret of a key with these rights that the admin program made, and its id.
async fn key(world: &World, rights: &[Right]) -> (String, String) {
    let new = new_key(world, rights);
    let issued = world
        .service
        .operator()
        .create_operator_key(new)
        .await
        .unwrap();
    let secret = issued.secret.expose_secret().to_owned();
    (secret, issued.key.id.to_string())
}

async fn shown(service: &Service, secret: &str) -> Result<KeyHolder, Error> {
    service
        .authenticate_operator_key(secret.as_bytes(), ADDRESS)
        .await
}

async fn holder(world: &World, rights: &[Right]) -> Administering {
    let (secret, _) = key(world, rights).await;
    Administering::Key(shown(&world.service, &secret).await.unwrap())
}

#[on_every_database]
async fn a_key_is_valid_until_its_end_from_its_networks_and_is_listed(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = administrator(&world, "root").await;
    let operator = world.service.administrator(&root).unwrap();
    let near = NewOperatorKey {
        allowed_networks: Some(vec!["192.0.2.0/24".to_owned()]),
        ..new_key(&world, &[Right::Audit, Right::Users])
    };
    let issued = operator.create_operator_key(near).await.unwrap();
    let secret = issued.secret.expose_secret();
    assert!(secret.starts_with("atsop_"));
    let service = &world.service;
    assert!(shown(service, secret).await.is_ok());
    let far = service.authenticate_operator_key(secret.as_bytes(), ELSEWHERE);
    assert_eq!(code(far.await), 1209);
    for wrong in [
        "",
        "atsop_",
        &secret[1..],
        &secret.replace("atsop_", "atspat_"),
    ] {
        assert_eq!(code(shown(service, wrong).await), 1209, "{wrong}");
    }
    let listed = operator.operator_keys().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].made_by.as_deref(), Some("root"));
    assert_eq!(listed[0].rights, ["users", "audit"]);
    assert_eq!(listed[0].last_used_at, Some(world.now()));
    assert_eq!(listed[0].last_used_from.as_deref(), Some("192.0.2.7"));
    // It is not a personal access token.
    let exchanged = service.exchange(&[secret.as_bytes()], ADDRESS).await;
    assert_eq!(code(exchanged), 1201);
    world.clock.advance(DAY);
    assert_eq!(code(shown(service, secret).await), 1209);
    let listed = service.operator().operator_keys().await.unwrap();
    assert_eq!(listed[0].status, Status::Expired);
}

#[on_every_database]
async fn a_form_makes_one_key_however_often_it_is_posted(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = administrator(&world, "root").await;
    let ada = administrator(&world, "ada").await;
    let form = world.service.new_form_key().unwrap();
    let post = async |by: &SignedIn, name: &str, form: &str| {
        let operator = world.service.administrator(by).unwrap();
        let new = NewOperatorKey {
            name: Some(name.to_owned()),
            ..new_key(&world, &[Right::Users])
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
    let root = administrator(&world, "root").await;
    let eve = world.signed_in("eve").await;
    assert!(world.service.administrator(&eve).is_err());
    let operator = world.service.administrator(&root).unwrap();
    let right = || new_key(&world, &[Right::Tokens]);
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
        let new = new_key(&world, &[Right::Scim]);
        assert_eq!(code(operator.create_operator_key(new).await), 1102);
        assert_eq!(code(operator.operator_keys().await), 1102);
        assert_eq!(code(operator.revoke_operator_key(&id).await), 1102);
    }
}

#[on_every_database]
async fn a_revoked_key_can_not_even_finish_what_it_began(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let (secret, id) = key(&world, &[Right::Users]).await;
    let service = &world.service;
    let holder = Administering::Key(shown(service, &secret).await.unwrap());
    let operator = service.administering(&holder, Right::Users).unwrap();
    let revoked = service.operator().revoke_operator_key(&id).await.unwrap();
    assert_eq!(revoked.status, Status::Revoked);
    // A caller who was accepted before is checked again in the transaction.
    assert_eq!(code(operator.disable_user("ada").await), 1209);
    assert_eq!(code(shown(service, &secret).await), 1209);
    let again = service.operator().revoke_operator_key(&id).await.unwrap();
    assert_eq!(again, revoked);
    assert_eq!(world.told("operator_key.revoked").await.len(), 1);
    assert_eq!(
        code(service.operator().revoke_operator_key("x").await),
        1300
    );
    // If it is put back from before, it is not valid.
    let (secret, id) = key(&world, &[Right::Users]).await;
    database
        .execute("CREATE TABLE kept_keys AS SELECT * FROM operator_keys")
        .await;
    service.operator().revoke_operator_key(&id).await.unwrap();
    database.execute("DELETE FROM operator_keys").await;
    database
        .execute("INSERT INTO operator_keys SELECT * FROM kept_keys")
        .await;
    world.service.flush().await;
    for service in [&world.service, &world.reopen().await.unwrap()] {
        assert_eq!(code(shown(service, &secret).await), 1209);
    }
    let found = service.operator().verify_audit().await.unwrap().findings;
    assert!(
        found
            .iter()
            .any(|finding| finding.contains("operator_keys")),
        "{found:?}"
    );
    // Rights that were added to the row grant nothing.
    let (secret, _) = key(&world, &[Right::Audit]).await;
    database
        .execute("UPDATE operator_keys SET rights = 'administrators'")
        .await;
    assert_eq!(code(shown(service, &secret).await), 1209);
}

#[on_every_database]
async fn a_key_that_leaked_is_ended_by_a_report(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (secret, _) = key(&world, &[Right::Audit]).await;
    let (other, _) = key(&world, &[Right::Audit]).await;
    let service = &world.service;
    let leaked = ["something".into(), secret.clone().into()];
    service.report_leaked(&leaked, ADDRESS).await.unwrap();
    assert_eq!(code(shown(service, &secret).await), 1209);
    assert!(shown(service, &other).await.is_ok());
    let told = world.told("operator_key.revoked").await;
    assert_eq!((told.len(), told[0].event.actor.as_str()), (1, "holder"));
}

#[on_every_database]
async fn disabling_a_user_revokes_the_keys_they_made(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = administrator(&world, "root").await;
    administrator(&world, "other").await;
    let operator = world.service.administrator(&root).unwrap();
    let new = new_key(&world, &[Right::Tokens]);
    let own = operator.create_operator_key(new).await.unwrap();
    let (others, _) = key(&world, &[Right::Tokens]).await;
    let service = &world.service;
    service.operator().disable_user("root").await.unwrap();
    assert_eq!(code(shown(service, own.secret.expose_secret()).await), 1209);
    assert!(shown(service, &others).await.is_ok());
    // The events of the keys name no row of the user.
    service.verify_rows().await.unwrap();
    assert_eq!(service.rows_that_differ(5), Vec::<String>::new());
    service.operator().enable_user("root").await.unwrap();
    assert_eq!(code(shown(service, own.secret.expose_secret()).await), 1209);
}

#[on_every_database]
async fn the_right_over_users_never_reaches_an_administrator(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = administrator(&world, "root").await;
    administrator(&world, "other").await;
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
        ..person("new")
    };
    for more in [
        person("new"),
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
    let secret = tokens.secret.expose_secret().as_bytes();
    assert_eq!(code(service.exchange(&[secret], ADDRESS).await), 1);
    let told = world.told("user.created").await;
    assert!(told[0].event.actor.starts_with("operator-key:"), "{told:?}");
    // With the right over administrators it does, but never to the last one.
    let both = holder(&world, &[Right::Administrators]).await;
    let operator = service.administering(&both, Right::Users).unwrap();
    assert_eq!(code(operator.revoke_tokens_of("root").await), 1);
    assert_eq!(code(service.exchange(&[secret], ADDRESS).await), 1203);
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
    let secret = issued.secret.expose_secret().as_bytes();
    assert_eq!(code(service.exchange(&[secret], ADDRESS).await), 1);
    let persons = operator.create_token("ada", new).await;
    assert!(matches!(persons, Err(Error::NoServiceAccount { .. })));
}

#[on_every_database]
async fn events_come_in_order_without_gaps(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    for name in ["a", "b", "c"] {
        world.create(&ada, name, DAY).await.unwrap();
    }
    let operator = world.service.operator();
    let query = |kind: Option<&str>, limit| ats_pat_service::EventQuery {
        kind: kind.map(ToOwned::to_owned),
        limit,
        ..ats_pat_service::EventQuery::default()
    };
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let (events, next) = operator.events_after(after, &query(None, 2)).await.unwrap();
        if events.is_empty() {
            assert_eq!(next, after);
            break;
        }
        seen.extend(events.into_iter().map(|event| event.seq));
        after = next;
    }
    let all: Vec<i64> = (1..=after).collect();
    assert_eq!(seen, all);
    let made = query(Some("token.created"), 100);
    let (made, next) = operator.events_after(0, &made).await.unwrap();
    assert_eq!(
        (made.len(), next),
        (3, after),
        "events that were left out were read"
    );
}
