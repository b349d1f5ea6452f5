//! Where and for how long an operator key is valid.

use std::net::IpAddr;

use ats_pat_domain::Status;
use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Administering, NewOperatorKey};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::scene::{key, shown};

const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

#[on_every_database]
async fn a_key_is_valid_until_its_end_from_its_networks_and_is_listed(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    let operator = world.service.administrator(&root).unwrap();
    let near = NewOperatorKey {
        allowed_networks: Some(vec!["192.0.2.0/24".to_owned()]),
        ..world.new_operator_key(&[Right::Audit, Right::Users])
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
    let root = world.administrator("root").await;
    world.administrator("other").await;
    let operator = world.service.administrator(&root).unwrap();
    let new = world.new_operator_key(&[Right::Tokens]);
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
