//! Tokens that get new secrets by themselves: what is put back or altered of them renews nothing.
//! On every database.

use std::time::Duration;

use ats_pat_service::view::IssuedToken;
use ats_pat_service::{
    Error, NewToken, Regeneration, SelfRegenerated, Service, SignedIn, TokenUpdate,
};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

use crate::put_back::{copy, exchange, put_back, services};
use crate::scene::assert_found;

struct Renewable {
    world: World,
    ada: SignedIn,
    issued: IssuedToken,
}

/// A token for ten days that may renew itself for a month.
async fn renewable(database: &TestDatabase) -> Renewable {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let at = |after: Duration| Some(world.now().after(after).to_string());
    let new = NewToken {
        name: Some("pipeline".to_owned()),
        expires_at: at(DAY * 10),
        may_regenerate_itself: true,
        regenerates_until: at(DAY * 30),
        ..NewToken::default()
    };
    let issued = world.service.create_token(&ada, new).await.unwrap();
    Renewable { world, ada, issued }
}

async fn renew(service: &Service, secret: &SecretString) -> Result<SelfRegenerated, Error> {
    let shown = [secret.expose_secret().as_bytes()];
    let holder = service.authenticate_holder(&shown, ADDRESS).await?;
    service.regenerate_itself(&holder, None).await
}

/// No server exchanges or renews it.
async fn assert_over(world: &World, secret: &SecretString) {
    for service in services(world).await {
        assert_ne!(exchange(&service, secret).await, 1);
        assert_ne!(code(renew(&service, secret).await), 1);
    }
}

#[on_every_database]
async fn a_secret_that_its_token_replaced_stays_replaced(database: &TestDatabase) {
    let Renewable { world, issued, .. } = renewable(database).await;
    let new = renew(&world.service, &issued.secret).await.unwrap();
    copy(database).await;
    assert_eq!(exchange(&world.service, &new.secret).await, 1);
    put_back(database).await;
    assert_over(&world, &issued.secret).await;
    assert_found(&world, "of secrets is an older one, put back").await;
}

#[on_every_database]
async fn a_secret_that_was_void_before_it_was_used_stays_void(database: &TestDatabase) {
    let Renewable { world, issued, .. } = renewable(database).await;
    let void = renew(&world.service, &issued.secret).await.unwrap();
    copy(database).await;
    renew(&world.service, &issued.secret).await.unwrap();
    put_back(database).await;
    assert_over(&world, &void.secret).await;
}

#[on_every_database]
async fn a_right_to_renew_that_was_cut_stays_cut(database: &TestDatabase) {
    let Renewable { world, ada, issued } = renewable(database).await;
    let waiting = renew(&world.service, &issued.secret).await.unwrap();
    copy(database).await;
    let update = TokenUpdate {
        expires_at: Some(world.now().after(DAY).to_string()),
        ..TokenUpdate::default()
    };
    let id = issued.token.id.to_string();
    let cut = world.service.update_token(&ada, &id, update).await;
    assert!(cut.is_ok());
    put_back(database).await;
    for secret in [&issued.secret, &waiting.secret] {
        assert_over(&world, secret).await;
    }
}

/// What waits to be confirmed grants nothing once rows were altered so.
async fn assert_altered_is_over(database: &TestDatabase, alter: &[&str]) {
    let Renewable { world, issued, .. } = renewable(database).await;
    let waiting = renew(&world.service, &issued.secret).await.unwrap();
    for statement in alter {
        database.execute(statement).await;
    }
    assert_over(&world, &waiting.secret).await;
}

#[on_every_database]
async fn a_right_to_renew_for_longer_that_was_written_grants_nothing(database: &TestDatabase) {
    let alter = &["UPDATE tokens SET regenerates_until = regenerates_until + 1"];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn an_unconfirmed_secret_that_was_made_the_current_one_grants_nothing(
    database: &TestDatabase,
) {
    let alter = &[
        "DELETE FROM secrets WHERE slot = 1",
        "UPDATE secrets SET slot = 1, valid_until = NULL, renews_until = NULL WHERE slot = 3",
    ];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn a_later_expiry_that_was_written_to_an_unconfirmed_secret_grants_nothing(
    database: &TestDatabase,
) {
    let alter = &["UPDATE secrets SET renews_until = renews_until + 1 WHERE slot = 3"];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn a_longer_time_to_confirm_that_was_written_grants_nothing(database: &TestDatabase) {
    let alter = &["UPDATE secrets SET valid_until = valid_until + 1 WHERE slot = 3"];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn a_dead_secret_is_given_no_right_to_revoke(database: &TestDatabase) {
    let Renewable { world, ada, issued } = renewable(database).await;
    let id = issued.token.id.to_string();
    let anew = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default());
    let anew = anew.await.unwrap();
    database
        .execute("UPDATE secrets SET may_revoke = TRUE WHERE slot IS NULL")
        .await;
    let revoked = world
        .service
        .revoke_as_holder(&issued.secret, ADDRESS)
        .await;
    assert!(revoked.is_ok());
    assert_eq!(exchange(&world.service, &anew.secret).await, 1);
}

#[on_every_database]
async fn a_time_of_reuse_that_was_written_grants_and_takes_nothing(database: &TestDatabase) {
    let Renewable { world, issued, .. } = renewable(database).await;
    database.execute("UPDATE tokens SET reused_at = 5").await;
    assert_eq!(exchange(&world.service, &issued.secret).await, 1);
    let report = world.service.operator().verify_audit().await.unwrap();
    assert_eq!(report.findings, Vec::<String>::new());
}
