//! A connection that is cut around COMMIT gives the right answer or `Unavailable`, and never a
//! doubled change.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use ats_pat_domain::list::TokenQuery;
use ats_pat_service::view::TokenPageView;
use ats_pat_service::{Regeneration, SignedIn};
use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{Kind, TestDatabase, on_every_deployment, on_every_server};

async fn tokens(world: &World, by: &SignedIn) -> TokenPageView {
    world
        .service
        .list_tokens(by, TokenQuery::of(None))
        .await
        .unwrap()
}

#[on_every_server(flavor = "multi_thread")]
async fn a_change_whose_answer_is_lost_is_found_by_its_event(database: &TestDatabase) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let world = World::new(&url).await;
    let ada = world.signed_in("ada").await;
    let first = world.create(&ada, "ci", DAY).await.unwrap();
    proxy.arm(Fault::AnswerLost);
    let second = world
        .create(&ada, "build", DAY)
        .await
        .expect("the change was made, and found");
    assert!(proxy.has_struck());
    assert_eq!(tokens(&world, &ada).await.total, 2);
    assert_eq!(code(world.exchange(&second.secret).await), 1);
    proxy.arm(Fault::AnswerLost);
    let id = first.token.id.to_string();
    let new = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default())
        .await
        .unwrap();
    assert!(proxy.has_struck());
    assert_eq!(code(world.exchange(&first.secret).await), 1201);
    assert_eq!(code(world.exchange(&new.secret).await), 1);
    let generations = world
        .store
        .secrets()
        .of_token(first.token.id)
        .await
        .unwrap();
    assert_eq!(generations.len(), 2, "regenerated once, not twice");
    assert_eq!(world.findings().await, Vec::<String>::new());
}

#[on_every_server(flavor = "multi_thread")]
async fn a_commit_that_never_arrived_is_answered_unavailable_and_left_nothing(
    database: &TestDatabase,
) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let world = World::new(&url).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    proxy.arm(Fault::CommitLost);
    assert_eq!(
        code(
            world
                .service
                .revoke_token(&ada, &issued.token.id.to_string())
                .await
        ),
        1503
    );
    assert!(proxy.has_struck());
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    proxy.arm(Fault::CommitLost);
    assert_eq!(code(world.create(&ada, "build", DAY).await), 1503);
    assert_eq!(tokens(&world, &ada).await.total, 1);
    // When it is tried again, it happens once.
    world.create(&ada, "build", DAY).await.unwrap();
    assert_eq!(tokens(&world, &ada).await.total, 2);
}

#[on_every_server(flavor = "multi_thread")]
async fn a_lost_answer_of_an_unreachable_database_is_unavailable_and_the_change_is_whole(
    database: &TestDatabase,
) {
    let (proxy, url) = Proxy::before(database.url()).await;
    let world = World::new(&url).await;
    let ada = world.signed_in("ada").await;
    let issued = world.create(&ada, "ci", DAY).await.unwrap();
    proxy.arm(Fault::AnswerLostAndUnreachable);
    assert_eq!(
        code(
            world
                .service
                .revoke_token(&ada, &issued.token.id.to_string())
                .await
        ),
        1503
    );
    assert_eq!(
        code(world.exchange(&issued.secret).await),
        1503,
        "a server without its database grants nothing"
    );
    proxy.arm(Fault::None);
    assert_eq!(code(world.exchange(&issued.secret).await), 1203);
    assert_eq!(world.findings().await, Vec::<String>::new());
}

/// Rows and events agree: each token has an event for its creation, and every row is the one of its
/// last event.
async fn is_whole(world: &World, database: &TestDatabase) -> bool {
    let tokens = database.number("SELECT COUNT(*) FROM tokens").await;
    let events = "SELECT COUNT(*) FROM events WHERE kind = 'token.created'";
    let audited = world.service.operator().verify_audit().await.unwrap();
    audited.findings.is_empty() && tokens == database.number(events).await
}

#[on_every_deployment(flavor = "multi_thread")]
async fn a_transaction_that_the_database_ended_unseen_leaves_nothing_and_is_never_acknowledged(
    database: &TestDatabase,
) {
    if database.kind() == Kind::Sqlite {
        // There is no connection left.
        return;
    }
    let (proxy, url) = Proxy::before(database.url()).await;
    let world = World::new(&url).await;
    let ada = world.signed_in("ada").await;
    let mut passing = 0;
    let mut uncertain = 0;
    loop {
        let before = tokens(&world, &ada).await.total;
        proxy.end_unseen(passing);
        let created = world.create(&ada, &format!("ci {passing}"), DAY).await;
        if !proxy.has_struck() {
            break;
        }
        let total = tokens(&world, &ada).await.total;
        match created {
            Ok(issued) => {
                assert_eq!(total, before + 1, "after {passing} messages");
                assert_eq!(code(world.exchange(&issued.secret).await), 1);
                proxy.end_unseen(passing);
                let id = issued.token.id.to_string();
                let revoked = code(world.service.revoke_token(&ada, &id).await);
                proxy.arm(Fault::None);
                let exchanged = code(world.exchange(&issued.secret).await);
                let expected = if revoked == 1 { 1203 } else { 1 };
                assert_eq!(exchanged, expected, "after {passing} messages: {revoked}");
            }
            Err(error) => {
                assert_eq!(code::<()>(Err(error)), 1503, "after {passing} messages");
                assert_eq!(total, before, "after {passing} messages");
                uncertain += 1;
            }
        }
        assert!(is_whole(&world, database).await, "after {passing} messages");
        passing += 1;
    }
    proxy.arm(Fault::None);
    assert!(passing > 6, "a change has more statements: {passing}");
    // A change that is ended just before COMMIT. A node of Galera may report it then, and the
    // change is tried again.
    assert!(uncertain <= 1, "{uncertain}");
}
