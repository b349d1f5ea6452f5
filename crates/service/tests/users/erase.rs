//! Erasing leaves nothing of a person.

use ats_pat_service::{Error, NewToken};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database};
use secrecy::ExposeSecret;

use crate::scene::{added, renamed, verify};

#[on_every_database]
async fn nothing_of_an_erased_person_is_left(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let root = added(&world, "root", true).await;
    let olga = added(&world, "olga", false).await;
    let session = world.sign_in("olga").await;
    let new = NewToken {
        description: Some("of Olga Lovelace".to_owned()),
        ..world.new_token("Olgas laptop", DAY)
    };
    let issued = world.service.create_token(&session, new).await.unwrap();
    let exchanged = world.exchange(&issued.secret).await.unwrap();
    world.service.flush().await;
    let operator = world.service.operator();
    operator
        .update_user(olga, renamed("lovelace"))
        .await
        .unwrap();

    let user = operator.erase_user(olga).await.unwrap();
    assert_eq!((user.kind, user.disabled), ("Erased", true));
    assert!(user.user_name.starts_with("erased-"), "{}", user.user_name);
    assert_eq!(code(world.exchange(&issued.secret).await), 1203);
    let identity = world.service.identity(exchanged.token.expose_secret());
    assert_ne!(code(identity.await), 1);
    assert_eq!(
        code(world.service.still_administrator(&session).await),
        1100
    );
    let listed = operator.token(&issued.token.id.to_string()).await.unwrap();
    assert_eq!(listed.token.name.as_str(), "erased");
    let of_olga = operator
        .tokens(Some(&user.user_name), query())
        .await
        .unwrap();
    assert_eq!(of_olga.total, 1);
    // Neither in the answer of any list nor in an event. The words hold letters that hexadecimal
    // digits do not have, so no id holds one by chance.
    let all = serde_json::to_string(&(
        operator.users().await.unwrap(),
        operator.events_after(0, &every_event()).await.unwrap().0,
        listed,
    ))
    .unwrap();
    for trace in ["ovelace", "olga", "laptop"] {
        assert!(!all.contains(trace), "{trace} is left in {all}");
    }
    assert!(all.contains("root@example.com"), "another's details stay");
    verify(&world).await;

    // For good.
    for refused in [
        code(operator.enable_user(&user.user_name).await),
        code(operator.update_user(olga, renamed("olga")).await),
    ] {
        assert_ne!(refused, 1);
    }
    let head = world.store.events().head().await.unwrap();
    assert_eq!(code(operator.erase_user(olga).await), 1);
    assert_eq!(world.store.events().head().await.unwrap(), head);
    added(&world, "lovelace", false).await;
    let last = operator.erase_user(root).await;
    assert!(matches!(last, Err(Error::LastAdministrator { .. })));
}

fn query() -> ats_pat_domain::list::TokenQuery {
    ats_pat_domain::list::TokenQuery::of(None)
}

fn every_event() -> ats_pat_service::EventQuery {
    ats_pat_service::EventQuery {
        limit: 1000,
        ..ats_pat_service::EventQuery::default()
    }
}
