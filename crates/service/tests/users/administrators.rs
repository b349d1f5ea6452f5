//! What a user loses with the right to administer.

use ats_pat_domain::operator_key::Right;
use ats_pat_service::{Disabling, Error, NewToken, UserUpdate};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};

use crate::scene::{added, administrator, key_made_by, shown, verify};

#[on_every_database]
async fn a_former_administrator_has_lost_what_came_with_the_right(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (root, grace) = (
        added(&world, "root", true).await,
        added(&world, "grace", true).await,
    );
    let session = world.sign_in("grace").await;
    let own = world.service.administrator(&session).unwrap();
    let secret = key_made_by(&own, &world, &[Right::Audit]).await;
    let asking = NewToken {
        scopes: Some(vec!["introspect".to_owned()]),
        ..world.new_token("ask", DAY)
    };
    let asking = world.service.create_token(&session, asking).await.unwrap();
    let ci = world.create(&session, "ci", DAY).await.unwrap();
    // Nobody takes the right from themselves.
    let oneself = own.update_user(grace, administrator(false)).await;
    assert!(matches!(oneself, Err(Error::OwnAccount)));

    let by = world.sign_in("root").await;
    let operator = world.service.administrator(&by).unwrap();
    let user = operator
        .update_user(grace, administrator(false))
        .await
        .unwrap();
    assert!(!user.is_admin);
    assert_eq!(
        code(world.service.still_administrator(&session).await),
        1100,
        "sessions ended"
    );
    assert_eq!(code(shown(&world, &secret).await), 1209);
    assert_eq!(code(world.exchange(&asking.secret).await), 1203);
    assert_eq!(code(world.exchange(&ci.secret).await), 1);
    let session = world.sign_in("grace").await;
    assert_eq!(code(world.service.administrator(&session)), 1102);

    // The last one stays, also at the admin program.
    let program = world.service.operator();
    let last = program.update_user(root, administrator(false));
    assert!(matches!(last.await, Err(Error::LastAdministrator { .. })));
    // Made again, what was revoked stays revoked.
    let again = operator.update_user(grace, administrator(true)).await;
    assert!(again.unwrap().is_admin);
    assert_eq!(
        code(world.service.still_administrator(&session).await),
        1100
    );
    assert_eq!(code(shown(&world, &secret).await), 1209);
    assert_eq!(code(world.exchange(&asking.secret).await), 1203);
    verify(&world).await;
}

#[on_every_database]
async fn keys_stay_where_that_is_asked_for(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    added(&world, "root", true).await;
    let grace = added(&world, "grace", true).await;
    let session = world.sign_in("grace").await;
    let own = world.service.administrator(&session).unwrap();
    let secret = key_made_by(&own, &world, &[Right::Audit]).await;
    let update = UserUpdate {
        keep_operator_keys: true,
        ..administrator(false)
    };
    let operator = world.service.operator();
    operator.update_user(grace, update).await.unwrap();
    assert_eq!(code(shown(&world, &secret).await), 1);
    let keep = Disabling {
        keep_operator_keys: true,
        ..Disabling::default()
    };
    operator.disable("grace", keep).await.unwrap();
    assert_eq!(code(shown(&world, &secret).await), 1);
    operator.enable_user("grace").await.unwrap();
    operator.disable_user("grace").await.unwrap();
    assert_eq!(code(shown(&world, &secret).await), 1209);
}
