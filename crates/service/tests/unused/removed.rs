//! Entries of tokens that expired long ago are removed, where the settings ask for it.

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Regeneration, SignedIn};
use ats_pat_test_support::intruder::Intruder;
use ats_pat_test_support::world::{DAY, World, code};
use ats_pat_test_support::{TestDatabase, on_every_database, on_every_server};
use tokio::sync::oneshot;

/// A service that keeps expired tokens for ten days.
async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), |settings| settings.ended_tokens_days = 10).await
}

/// Places of the status list rest until no valid list says that they are revoked.
const REST: Duration = Duration::from_hours(2);

async fn names(world: &World, ada: &SignedIn) -> Vec<String> {
    let page = world.service.list_tokens(ada, TokenQuery::of(None)).await;
    let mut names: Vec<_> = page
        .unwrap()
        .items
        .into_iter()
        .map(|token| token.name)
        .collect();
    names.sort();
    names
}

async fn findings(world: &World) -> Vec<String> {
    let report = world.service.operator().verify_audit().await.unwrap();
    world.service.verify_rows().await.unwrap();
    let differ = world.service.rows_that_differ(9);
    report.findings.into_iter().chain(differ).collect()
}

/// Gives the places of ended tokens to others, as time does.
async fn reuse_places(world: &World, ada: &SignedIn, count: usize) -> Vec<IssuedToken> {
    let mut made = Vec::new();
    for number in 0..count {
        let name = format!("later {number}");
        made.push(world.create(ada, &name, 80 * DAY).await.unwrap());
    }
    made
}

#[on_every_database]
async fn only_tokens_that_expired_long_ago_are_removed(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    let expired = world.create(&ada, "expired", DAY).await.unwrap();
    let regenerated = world.create(&ada, "regenerated", DAY).await.unwrap();
    let id = regenerated.token.id.to_string();
    let anew = world
        .service
        .regenerate_token(&ada, &id, Regeneration::default());
    anew.await.unwrap();
    world.exchange(&expired.secret).await.unwrap();
    world.service.flush().await;
    let revoked = world.create(&ada, "revoked", 80 * DAY).await.unwrap();
    let id = revoked.token.id.to_string();
    assert_eq!(code(world.service.revoke_token(&ada, &id).await), 1);
    world.create(&ada, "living", 80 * DAY).await.unwrap();

    world.clock.advance(DAY + REST);
    let ada = world.sign_in("ada").await;
    reuse_places(&world, &ada, 4).await;
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 0);
    world.clock.advance(10 * DAY);
    let ada = world.sign_in("ada").await;
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 2);
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 0);
    let left = names(&world, &ada).await;
    let later = ["later 0", "later 1", "later 2", "later 3"];
    assert_eq!(left, [&later[..], &["living", "revoked"]].concat());
    // As any secret that nobody knows.
    assert_eq!(code(world.exchange(&expired.secret).await), 1201);
    assert_eq!(code(world.exchange(&revoked.secret).await), 1203);
    assert_eq!(world.told("token.removed").await.len(), 2);
    assert_eq!(findings(&world).await, Vec::<String>::new());
    let again = world.reopen().await.unwrap();
    assert_eq!(
        again.operator().verify_audit().await.unwrap().findings,
        Vec::<String>::new()
    );
}

#[on_every_database]
async fn a_token_stays_while_a_place_in_the_status_list_is_its_own(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    world.create(&ada, "expired", DAY).await.unwrap();
    world.clock.advance(12 * DAY);
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 0);
    let ada = world.sign_in("ada").await;
    reuse_places(&world, &ada, 1).await;
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 1);
    assert_eq!(names(&world, &ada).await, ["later 0"]);
}

#[on_every_server]
async fn a_removal_that_waits_keeps_no_server_from_ending(database: &TestDatabase) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    world.create(&ada, "expired", DAY).await.unwrap();
    world.clock.advance(12 * DAY);
    let ada = world.sign_in("ada").await;
    reuse_places(&world, &ada, 1).await;

    // Somebody holds the row that every change needs.
    let mut holder = Intruder::connect(database).await;
    holder.execute("BEGIN").await.unwrap();
    let hold = "UPDATE event_head SET seq = seq";
    holder.execute(hold).await.unwrap();
    let (end, ending) = oneshot::channel::<()>();
    let maintenance = tokio::spawn({
        let service = world.service.clone();
        async move {
            let ending = async { drop(ending.await) };
            service.run_maintenance(ending).await;
        }
    });
    tokio::task::yield_now().await;
    // Cleaning up comes once a minute.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let changes = || world.service.figures().changes_under_way;
    while changes() == 0 {
        tokio::task::yield_now().await;
    }
    end.send(()).unwrap();
    maintenance.await.unwrap();
    assert_eq!(changes(), 1, "the row is still held");

    // What had begun still ends.
    holder.execute("ROLLBACK").await.unwrap();
    while changes() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.told("token.removed").await.len(), 1);
}

#[on_every_database(each = [
    "UPDATE tokens SET generation = generation + 1 WHERE name = 'altered'",
    "UPDATE secrets SET generation = generation + 1 \
     WHERE token_id = (SELECT id FROM tokens WHERE name = 'altered')",
    "UPDATE tokens SET generation = -1 WHERE name = 'altered'",
])]
async fn an_altered_token_stays_and_keeps_no_other_one(database: &TestDatabase, statement: &str) {
    let world = world(database).await;
    let ada = world.signed_in("ada").await;
    world.create(&ada, "altered", DAY).await.unwrap();
    world.create(&ada, "expired", DAY).await.unwrap();
    world.clock.advance(12 * DAY);
    let ada = world.sign_in("ada").await;
    reuse_places(&world, &ada, 2).await;
    database.execute(statement).await;
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 1);
    let count = "SELECT count(*) FROM tokens WHERE name = 'altered'";
    assert_eq!(database.number(count).await, 1);
    assert_ne!(findings(&world).await, Vec::<String>::new());
}

#[on_every_database]
async fn nothing_is_removed_where_nobody_asks_for_it(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    world.create(&ada, "expired", DAY).await.unwrap();
    world.clock.advance(80 * DAY);
    let ada = world.sign_in("ada").await;
    reuse_places(&world, &ada, 1).await;
    assert_eq!(world.service.remove_ended_tokens().await.unwrap(), 0);
}
