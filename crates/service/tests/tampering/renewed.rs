//! Tokens that regenerate themselves: rows that were put back or altered don't renew them. On every
//! database.

use std::time::Duration;

use ats_pat_service::view::IssuedToken;
use ats_pat_service::{
    Error, NewToken, Regeneration, SelfRegenerated, Service, SignedIn, TokenUpdate,
};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code, exchanged};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

use crate::put_back::{copy, put_back, services};
use crate::scene::assert_found;

struct Renewable {
    world: World,
    ada: SignedIn,
    issued: IssuedToken,
}

/// A token for ten days that may regenerate itself for a month.
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

/// No server exchanges or regenerates it.
async fn assert_over(world: &World, secret: &SecretString) {
    for service in services(world).await {
        assert_ne!(exchanged(&service, secret).await, 1);
        assert_ne!(code(renew(&service, secret).await), 1);
    }
}

#[on_every_database]
async fn a_secret_that_its_token_replaced_stays_replaced(database: &TestDatabase) {
    let Renewable { world, issued, .. } = renewable(database).await;
    let new = renew(&world.service, &issued.secret).await.unwrap();
    copy(database).await;
    assert_eq!(exchanged(&world.service, &new.secret).await, 1);
    put_back(database).await;
    assert_over(&world, &issued.secret).await;
    assert_found(&world, "of secrets is an older one, put back").await;
}

#[on_every_database]
async fn a_secret_that_became_invalid_before_its_use_stays_invalid(database: &TestDatabase) {
    let Renewable { world, issued, .. } = renewable(database).await;
    let void = renew(&world.service, &issued.secret).await.unwrap();
    copy(database).await;
    renew(&world.service, &issued.secret).await.unwrap();
    put_back(database).await;
    assert_over(&world, &void.secret).await;
}

#[on_every_database]
async fn a_shortened_right_to_regenerate_itself_stays_shortened(database: &TestDatabase) {
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

/// An unconfirmed secret grants nothing after this alteration.
async fn assert_altered_is_over(database: &TestDatabase, alter: &[&str]) {
    let Renewable { world, issued, .. } = renewable(database).await;
    let waiting = renew(&world.service, &issued.secret).await.unwrap();
    for statement in alter {
        database.execute(statement).await;
    }
    assert_over(&world, &waiting.secret).await;
}

#[on_every_database]
async fn a_planted_longer_right_to_regenerate_itself_grants_nothing(database: &TestDatabase) {
    let alter = &["UPDATE tokens SET regenerates_until = regenerates_until + 1"];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn an_unconfirmed_secret_altered_to_current_grants_nothing(database: &TestDatabase) {
    let alter = &[
        "DELETE FROM secrets WHERE slot = 1",
        "UPDATE secrets SET slot = 1, valid_until = NULL, renews_until = NULL WHERE slot = 3",
    ];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn a_planted_later_expiry_of_an_unconfirmed_secret_grants_nothing(database: &TestDatabase) {
    let alter = &["UPDATE secrets SET renews_until = renews_until + 1 WHERE slot = 3"];
    assert_altered_is_over(database, alter).await;
}

#[on_every_database]
async fn a_planted_longer_time_to_confirm_grants_nothing(database: &TestDatabase) {
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
    assert_eq!(exchanged(&world.service, &anew.secret).await, 1);
}

#[on_every_database]
async fn a_planted_time_of_reuse_changes_no_rights(database: &TestDatabase) {
    let Renewable { world, issued, .. } = renewable(database).await;
    database.execute("UPDATE tokens SET reused_at = 5").await;
    assert_eq!(exchanged(&world.service, &issued.secret).await, 1);
    assert_eq!(world.findings().await, Vec::<String>::new());
}
