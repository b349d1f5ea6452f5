//! Administrators: the operators' use cases, with a user as the actor.

use std::time::Duration;

use ats_pat_service::{Error, NewUser, Operator, Rotation};
use ats_pat_test_support::world::{DAY, PASSWORD, World, code, person};
use ats_pat_test_support::{TestDatabase, on_every_database};

const NEW: &str = "orbit-of-velvet-plums-7";

/// Every change that an administrator can make. Returns their codes.
async fn every_change(operator: &Operator<'_>, name: &str, token: &str) -> Vec<u32> {
    let added = operator.add_user(person(name, false)).await;
    vec![
        code(added),
        code(operator.disable_user("eve").await),
        code(operator.enable_user("eve").await),
        code(operator.set_password("eve", &PASSWORD.into(), false).await),
        code(operator.revoke_token(token).await),
        code(operator.rotate_keys(Rotation::AtOnce).await),
    ]
}

#[on_every_database]
async fn events_name_the_administrator_who_acted(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    let eve = world.signed_in("eve").await;
    let token = world.create(&eve, "ci", DAY).await.unwrap().token.id;
    let head = world.store.events().head().await.unwrap();
    let operator = world.service.administrator(&root).unwrap();
    let codes = every_change(&operator, "bob", &token.to_string()).await;
    assert_eq!(codes, [1; 6]);
    let events = world.store.events().from(head.seq + 1, 99).await.unwrap();
    assert_eq!(events.len(), 6);
    let name = format!("user:{}", root.user().id);
    assert!(events.iter().all(|event| event.actor == name));
    // At the admin program, the actor is still the operator.
    let disabled = world.service.operator().disable_user("bob").await;
    assert_eq!(code(disabled), 1);
    let last = world.store.events().from(head.seq + 7, 1).await.unwrap();
    assert_eq!(last[0].actor, "operator");
}

#[tokio::test]
async fn others_are_no_administrators() {
    let database = ats_pat_test_support::sqlite();
    let world = World::new(database.url()).await;
    let eve = world.signed_in("eve").await;
    assert_eq!(code(world.service.administrator(&eve)), 1102);
}

#[on_every_database]
async fn an_administrator_whose_session_ended_changes_nothing(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let (root, other) = (
        world.administrator("root").await,
        world.administrator("other").await,
    );
    let eve = world.signed_in("eve").await;
    let token = world.create(&eve, "ci", DAY).await.unwrap().token.id;
    let operator = world.service.administrator(&root).unwrap();
    let disabled = world
        .service
        .administrator(&other)
        .unwrap()
        .disable_user("root")
        .await;
    assert_eq!(code(disabled), 1);
    let head = world.store.events().head().await.unwrap();
    let codes = every_change(&operator, "bob", &token.to_string()).await;
    assert_eq!(codes, [1100; 6]);
    assert_eq!(world.store.events().head().await.unwrap(), head);
}

#[on_every_database]
async fn long_work_goes_on_only_while_its_administrator_is_signed_in(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let here = world.administrator("root").await;
    let there = world.sign_in("root").await;
    let still = async |by| code(world.service.still_administrator(by).await);
    assert_eq!([still(&here).await, still(&there).await], [1, 1]);
    let operator = world.service.still_administrator(&here).await.unwrap();
    let own = operator.disable_user("root").await;
    assert!(
        matches!(own, Err(Error::OwnAccount)),
        "the administrator's own account"
    );

    let ended = world.service.end_other_sessions(&here).await.unwrap();
    assert_eq!(ended, 1);
    assert_eq!([still(&here).await, still(&there).await], [1, 1100]);

    // The session was ended. If it is put back, it is not valid, whatever happens to its user.
    database
        .execute("CREATE TABLE kept AS SELECT * FROM sessions")
        .await;
    let program = world.service.operator();
    assert_eq!(code(program.disable_even_the_last("root").await), 1);
    assert_eq!(still(&here).await, 1100);
    database
        .execute("INSERT INTO sessions SELECT * FROM kept")
        .await;
    assert_eq!(still(&here).await, 1100);
    assert_eq!(code(program.enable_user("root").await), 1);
    assert_eq!(still(&here).await, 1100);
    let here = world.sign_in("root").await;
    assert_eq!(still(&here).await, 1);

    let idle = world.settings.session_idle;
    world
        .clock
        .advance(idle.saturating_sub(Duration::from_millis(1)));
    assert_eq!(still(&here).await, 1);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(still(&here).await, 1100, "it is not noted as seen");
}

#[tokio::test]
async fn long_work_ends_with_its_session() {
    let database = ats_pat_test_support::sqlite();
    let world = World::with(database.url(), |settings| {
        settings.session_idle = settings.session_absolute * 2;
    })
    .await;
    let root = world.administrator("root").await;
    let eve = world.signed_in("eve").await;
    assert_eq!(code(world.service.still_administrator(&eve).await), 1102);
    let until = world.settings.session_absolute;
    world
        .clock
        .advance(until.saturating_sub(Duration::from_millis(1)));
    assert_eq!(code(world.service.still_administrator(&root).await), 1);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(code(world.service.still_administrator(&root).await), 1100);
}

#[on_every_database]
async fn a_former_administrator_changes_nothing(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    // A genuine row of the same user without the right, which will be put back.
    let plain = world.add_user("root").await;
    database
        .execute("CREATE TABLE kept AS SELECT * FROM users WHERE name = 'root'")
        .await;
    database
        .execute("DELETE FROM users WHERE name = 'root'")
        .await;
    let again = NewUser {
        id: Some(plain.id),
        ..person("root", true)
    };
    assert_eq!(code(world.service.operator().add_user(again).await), 1);
    let root = world.sign_in("root").await;
    let eve = world.signed_in("eve").await;
    let token = world.create(&eve, "ci", DAY).await.unwrap().token.id;
    let operator = world.service.administrator(&root).unwrap();
    database
            .execute(
                "UPDATE users SET is_admin = (SELECT is_admin FROM kept), tag = (SELECT tag FROM kept), \
                 password_hash = (SELECT password_hash FROM kept) WHERE name = 'root'",
            )
            .await;
    let still = world.service.still_administrator(&root).await;
    assert_eq!(code(still), 1102);
    let head = world.store.events().head().await.unwrap();
    let codes = every_change(&operator, "bob", &token.to_string()).await;
    assert_eq!(codes, [1102; 6]);
    assert_eq!(world.store.events().head().await.unwrap(), head);
    assert_eq!(
        code(world.create(&root, "ci", DAY).await),
        1,
        "the session stands"
    );
}

#[on_every_database]
async fn an_administrator_can_disable_others_but_not_themselves(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    world.administrator("other").await;
    let operator = world.service.administrator(&root).unwrap();
    assert!(matches!(
        operator.disable_user("ROOT").await,
        Err(Error::OwnAccount)
    ));
    assert_eq!(code(operator.disable_user("root").await), 1102);
    assert_eq!(code(operator.disable_user("other").await), 1);
    assert_eq!(code(operator.enable_user("root").await), 1);
    let operator = world.service.operator();
    let disabled = operator.disable_even_the_last("root").await;
    assert_eq!(code(disabled), 1, "the operator can");
}

#[on_every_database]
async fn an_administrator_can_set_the_passwords_of_others_only(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    world.administrator("other").await;
    let operator = world.service.administrator(&root).unwrap();
    let head = world.store.events().head().await.unwrap();
    // A password that is not allowed is also refused before any password work.
    for password in [NEW, "short"] {
        assert!(matches!(
            operator.set_password("ROOT", &password.into(), false).await,
            Err(Error::OwnAccount)
        ));
    }
    assert_eq!(
        code(operator.set_password("root", &NEW.into(), false).await),
        1102
    );
    assert_eq!(world.store.events().head().await.unwrap(), head);
    assert_eq!(
        code(world.create(&root, "ci", DAY).await),
        1,
        "the session stands"
    );
    world.sign_in("root").await;
    assert_eq!(
        code(operator.set_password("other", &NEW.into(), false).await),
        1
    );
    let at_the_program = world.service.operator();
    let set = at_the_program
        .set_password("root", &NEW.into(), false)
        .await;
    assert_eq!(code(set), 1, "the operator can");
}

#[on_every_database]
async fn a_new_password_by_an_operator_revokes_active_tokens_on_request(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = world.administrator("root").await;
    let (ada, eve) = (world.signed_in("ada").await, world.signed_in("eve").await);
    let of_eve = world.create(&eve, "ci", DAY).await.unwrap();
    let first = world.create(&ada, "first", DAY).await.unwrap();
    let by_root = world.service.administrator(&root).unwrap();
    let by_program = world.service.operator();
    let set = by_root.set_password("ada", &PASSWORD.into(), false).await;
    set.unwrap();
    assert_eq!(code(world.exchange(&first.secret).await), 1, "nobody asked");

    let name_of_root = format!("user:{}", root.user().id);
    for (operator, actor, revoked) in [
        (by_root, name_of_root.as_str(), 2),
        (by_program, "operator", 1),
    ] {
        let ada = world.sign_in("ada").await;
        let another = world.create(&ada, actor, DAY).await.unwrap();
        let head = world.store.events().head().await.unwrap();
        let set = operator.set_password("ada", &PASSWORD.into(), true).await;
        set.unwrap();
        for token in [&first, &another] {
            assert_eq!(code(world.exchange(&token.secret).await), 1203);
        }
        let events = world.store.events().from(head.seq + 1, 9).await.unwrap();
        assert!(events.iter().all(|event| event.actor == actor));
        let mut kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds.remove(0), "user.password_set");
        assert_eq!(kinds, vec!["token.revoked"; revoked]);
    }
    assert_eq!(code(world.exchange(&of_eve.secret).await), 1, "another's");
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_database]
async fn the_last_administrator_is_not_disabled_by_mistake(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.administrator("root").await;
    world.administrator("other").await;
    let operator = world.service.operator();
    assert_eq!(code(operator.disable_user("other").await), 1);
    let refused = operator.disable_user("root").await;
    assert!(matches!(refused, Err(Error::LastAdministrator { name }) if name == "root"));
    let disabled = operator.disable_even_the_last("root").await.unwrap();
    assert!(disabled.disabled);
    assert_eq!(
        code(operator.disable_user("root").await),
        1,
        "already disabled"
    );
}
