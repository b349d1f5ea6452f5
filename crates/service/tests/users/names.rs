//! Names of users are unique and can change.

use ats_pat_service::{Error, NewUser, UserUpdate};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, person};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::{ExposeSecret, SecretString};

use crate::scene::{added, renamed, verify};

#[on_every_database]
async fn a_renamed_user_keeps_everything_but_the_name(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let id = added(&world, "ada", false).await;
    let ada = world.sign_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    let before = world.exchange(&issued.secret).await.unwrap();
    let operator = world.service.operator();
    let update = UserUpdate {
        display_name: Some("Countess".to_owned()),
        email: Some(String::new()),
        ..renamed("countess")
    };
    let user = operator.update_user(id, update.clone()).await.unwrap();
    assert_eq!(user.user_name, "countess");
    assert_eq!((user.display_name.as_str(), user.email), ("Countess", None));
    assert_eq!(operator.user(&id.to_string()).await.unwrap().id, id);
    // The session and the token go on, and the next authentication token says the new name.
    assert_eq!(code(world.create(&ada, "again", DAY).await), 1);
    let name = async |token: &SecretString| {
        let identity = world.service.identity(token.expose_secret()).await.unwrap();
        identity.user_name
    };
    let after = world.exchange(&issued.secret).await.unwrap();
    assert_eq!(name(&after.token).await, "countess");
    assert_eq!(name(&before.token).await, "countess");
    // The former name is free for another, and signs in nobody else.
    let other = added(&world, "ada", false).await;
    assert_ne!(other, id);
    let refused = operator.update_user(id, renamed("ADA")).await;
    assert_eq!(code(refused), 1311);
    let same = operator.update_user(id, renamed("Countess")).await.unwrap();
    assert_eq!(same.user_name, "Countess", "another case is no other name");
    world.sign_in("COUNTESS").await;

    let told = world.told("user.updated").await;
    assert_eq!(told.len(), 2);
    let personal = &told[1].event.details;
    assert_eq!(personal["UserName"], "countess");
    assert_eq!(personal["UserNameBefore"], "ada");
    assert_eq!(personal["EmailBefore"], "ada@example.com");
    let head = world.store.events().head().await.unwrap();
    let update = renamed("Countess");
    operator.update_user(id, update).await.unwrap();
    assert_eq!(
        world.store.events().head().await.unwrap(),
        head,
        "nothing changed"
    );
    verify(&world).await;
}

#[on_every_database]
async fn folded_names_and_ids_of_users_are_unique(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.add_user("Ada").await;
    let new = |name: &str, id| NewUser {
        id,
        password: None,
        ..person(name, false)
    };
    assert_eq!(
        code(world.service.operator().add_user(new("ＡＤＡ", None)).await),
        1311
    );
    assert!(matches!(
        world
            .service
            .operator()
            .add_user(new("bob", Some(ada.id)))
            .await,
        Err(Error::UserIdInUse { .. })
    ));
    assert_eq!(world.service.operator().users().await.unwrap(), [ada]);
    world
        .service
        .operator()
        .add_user(new("bob", None))
        .await
        .unwrap();
    assert_eq!(
        code(
            world
                .service
                .sign_in("bob", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1101,
        "nobody signs in without a password"
    );
}
