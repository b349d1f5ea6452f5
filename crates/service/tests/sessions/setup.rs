//! The set-up link.

use ats_pat_service::Error;
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, person};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

#[on_every_database]
async fn there_is_no_set_up_link_once_one_was_used(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let make = || async { world.service.make_setup_link().await.unwrap() };
    let link = make().await.unwrap().expose_secret().to_owned();
    let password = PASSWORD.into();
    let root = world.service.set_up(&link, "root", &password, ADDRESS);
    root.await.unwrap();
    for name in ["ada", "bob"] {
        world.add_user(name).await;
    }
    // Whoever can write to the database can take the administrator away, but not what the log says.
    database
        .execute("DELETE FROM users WHERE name = 'root'")
        .await;
    assert!(world.service.is_set_up().await.unwrap());
    assert!(make().await.is_none());
    let service = world.reopen().await.unwrap();
    assert!(service.make_setup_link().await.unwrap().is_none());
    let again = service.set_up(&link, "eve", &password, ADDRESS);
    assert!(matches!(again.await, Err(Error::SetupCodeInvalid)));
    // An operator makes another one.
    let new = person("root2", true);
    assert_eq!(code(service.operator().add_user(new).await), 1);
}

#[on_every_database]
async fn only_the_last_set_up_link_works_once_for_a_day(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let make = || async { world.service.make_setup_link().await.unwrap() };
    let set_up = |code: String, name: &'static str, password: &'static str| {
        let service = world.service.clone();
        async move { service.set_up(&code, name, &password.into(), ADDRESS).await }
    };
    let first = make().await.unwrap().expose_secret().to_owned();
    let second = make().await.unwrap().expose_secret().to_owned();
    assert!(matches!(
        set_up(first, "ada", PASSWORD).await,
        Err(Error::SetupCodeInvalid)
    ));
    assert_eq!(
        code(set_up(second.clone(), "ada", "password1234").await),
        1001
    );
    assert_eq!(code(set_up(second.clone(), "ada", "short").await), 1001);
    world.clock.advance(DAY);
    assert!(matches!(
        set_up(second, "ada", PASSWORD).await,
        Err(Error::SetupCodeInvalid)
    ));
    let third = make().await.unwrap().expose_secret().to_owned();
    world.add_user("bob").await;
    assert!(!world.service.is_set_up().await.unwrap());
    let user = set_up(third.clone(), "ada", PASSWORD).await.unwrap();
    assert!(user.is_admin);
    assert!(world.service.is_set_up().await.unwrap());
    assert!(matches!(
        set_up(third, "eve", PASSWORD).await,
        Err(Error::SetupCodeInvalid)
    ));
    assert!(make().await.is_none(), "there is an administrator");
    assert_eq!(
        code(
            world
                .service
                .sign_in("ada", &PASSWORD.into(), ADDRESS)
                .await
        ),
        1
    );
}
