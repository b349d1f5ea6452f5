//! Exchanges from memory: when the database is read, and when it must be.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod replicas;
mod watched;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_service::view::IssuedToken;
use ats_pat_service::{Regeneration, Service, SignedIn};
use ats_pat_test_support::world::{ADDRESS, DAY, World, code, exchanged, migrated};
use ats_pat_test_support::{TestDatabase, on_every_database, sqlite};
use ats_pat_token::PersonalAccessToken;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

use crate::watched::Watched;

const LEASE: Duration = Duration::from_millis(200);
const ANOTHER_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 1));

/// A server that is alone on its database, so that a revocation gives it a lease. The lease lasts
/// until the clock is moved.
struct Alone {
    world: World,
    store: Watched,
    service: Service,
    ada: SignedIn,
}

impl Alone {
    async fn on(url: &str, cache_entries: usize) -> Self {
        let store = Watched::new(migrated(url).await);
        let world = World::over(Arc::new(store.clone()), |settings| {
            settings.cache_entries = cache_entries;
        })
        .await;
        let mut parts = world.parts();
        parts.alone = true;
        let service = Service::open(parts).await.unwrap();
        let ada = world.signed_in("ada").await;
        let this = Self {
            world,
            store,
            service,
            ada,
        };
        this.renew_lease().await;
        this
    }

    async fn renew_lease(&self) {
        let token = self.world.create(&self.ada, "of no use", DAY).await;
        let id = token.unwrap().token.id.to_string();
        let revoked = self.service.revoke_token(&self.ada, &id).await;
        revoked.unwrap();
        self.store.statements();
    }

    async fn exchange(&self, issued: &IssuedToken) -> u32 {
        exchanged(&self.service, &issued.secret).await
    }

    /// How many statements read grants since the last call.
    fn reads(&self) -> usize {
        self.store.statements().len()
    }
}

fn guess(number: u8) -> String {
    let token = PersonalAccessToken::from_random(&[number; 32]);
    token.expose().to_owned()
}

#[on_every_database]
async fn under_the_lease_only_the_first_exchange_reads_the_database(database: &TestDatabase) {
    let alone = Alone::on(database.url(), 1000).await;
    let issued = alone.world.create(&alone.ada, "ci", DAY).await.unwrap();
    // The grant counts once the server has seen the event that created the token.
    alone.renew_lease().await;
    for _ in 0..3 {
        assert_eq!(alone.exchange(&issued).await, 1);
    }
    assert_eq!(alone.reads(), 1);
    alone.world.clock.advance(LEASE);
    for _ in 0..3 {
        assert_eq!(alone.exchange(&issued).await, 1);
    }
    assert_eq!(alone.reads(), 3, "the lease is over");
    alone.renew_lease().await;
    assert_eq!(alone.exchange(&issued).await, 1);
    assert_eq!(alone.reads(), 0, "the events since are about other tokens");
}

#[on_every_database]
async fn a_change_is_in_force_once_it_is_answered(database: &TestDatabase) {
    let alone = Alone::on(database.url(), 1000).await;
    let operator = alone.service.operator();
    let issued = alone.world.create(&alone.ada, "ci", DAY).await.unwrap();
    let id = issued.token.id.to_string();
    alone.renew_lease().await;
    assert_eq!(alone.exchange(&issued).await, 1);
    operator.disable_user("ada").await.unwrap();
    assert_eq!(alone.exchange(&issued).await, 1205);
    operator.enable_user("ada").await.unwrap();
    alone.world.clock.advance(LEASE);
    let ada = alone.world.sign_in("ada").await;
    assert_eq!(alone.exchange(&issued).await, 1);
    let regenerated = alone
        .service
        .regenerate_token(&ada, &id, Regeneration::default());
    let regenerated = regenerated.await.unwrap();
    assert_eq!(alone.exchange(&issued).await, 1201);
    assert_eq!(alone.exchange(&regenerated).await, 1);
    let revoked = alone.service.revoke_token(&ada, &id).await;
    revoked.unwrap();
    assert_eq!(alone.exchange(&regenerated).await, 1203);
    alone.reads();
    assert_eq!(alone.exchange(&regenerated).await, 1203);
    assert_eq!(alone.reads(), 0, "refusals come from memory too");
}

#[tokio::test]
async fn cached_grants_expire_in_time() {
    let database = sqlite();
    let alone = Alone::on(database.url(), 1000).await;
    let short = Duration::from_millis(1100);
    let issued = alone.world.create(&alone.ada, "ci", short).await.unwrap();
    alone.renew_lease().await;
    assert_eq!(alone.exchange(&issued).await, 1);
    alone.world.clock.advance(Duration::from_millis(150));
    alone.reads();
    assert_eq!(alone.exchange(&issued).await, 1202);
    assert_eq!(alone.reads(), 0);
}

#[tokio::test]
async fn without_a_cache_every_exchange_reads_the_database() {
    let database = sqlite();
    let alone = Alone::on(database.url(), 0).await;
    let issued = alone.world.create(&alone.ada, "ci", DAY).await.unwrap();
    for _ in 0..3 {
        assert_eq!(alone.exchange(&issued).await, 1);
    }
    assert_eq!(alone.reads(), 3);
}

#[on_every_database]
async fn a_secret_that_many_requests_need_at_once_is_read_once(database: &TestDatabase) {
    let alone = Arc::new(Alone::on(database.url(), 0).await);
    let issued = alone.world.create(&alone.ada, "ci", DAY).await.unwrap();
    let issued = Arc::new(issued);
    alone.store.hold_all_but([0; 32]);
    let mut exchanges = JoinSet::new();
    for _ in 0..50 {
        let (alone, issued) = (Arc::clone(&alone), Arc::clone(&issued));
        exchanges.spawn(async move { alone.exchange(&issued).await });
    }
    alone.store.until_held(1).await;
    tokio::task::yield_now().await;
    alone.store.let_go();
    let answers = exchanges.join_all().await;
    assert_eq!(answers, [1; 50]);
    assert_eq!(alone.reads(), 1);
}

#[on_every_database]
async fn secrets_that_are_needed_while_the_database_is_busy_are_read_by_one_statement(
    database: &TestDatabase,
) {
    let alone = Arc::new(Alone::on(database.url(), 0).await);
    alone.store.hold_all_but([0; 32]);
    let mut exchanges = JoinSet::new();
    for number in 0..40 {
        let alone = Arc::clone(&alone);
        exchanges.spawn(async move {
            let secret = guess(number);
            code(alone.service.exchange(&[secret.as_bytes()], ADDRESS).await)
        });
    }
    alone.store.until_held(1).await;
    alone.store.let_go();
    assert_eq!(exchanges.join_all().await, [1201; 40]);
    let statements = alone.store.statements();
    assert!(statements.len() <= 8, "{}", statements.len());
    assert_eq!(statements.iter().map(Vec::len).sum::<usize>(), 40);
}

#[tokio::test]
async fn a_burst_of_guesses_does_not_delay_the_reads_of_others() {
    let database = sqlite();
    let alone = Arc::new(Alone::on(database.url(), 0).await);
    let issued = alone.world.create(&alone.ada, "ci", DAY).await.unwrap();
    assert_eq!(alone.exchange(&issued).await, 1);
    let real = alone.store.statements()[0][0];
    for number in 0..=100 {
        let secret = guess(number);
        let presented = [secret.as_bytes()];
        let refused = alone.service.exchange(&presented, ANOTHER_ADDRESS).await;
        assert_eq!(code(refused), if number < 100 { 1201 } else { 1400 });
    }
    alone.store.hold_all_but(real);
    alone.store.statements();
    let mut guesses = JoinSet::new();
    for number in 101..=200 {
        let alone = Arc::clone(&alone);
        guesses.spawn(async move {
            let secret = guess(number);
            let presented = [secret.as_bytes()];
            code(alone.service.exchange(&presented, ANOTHER_ADDRESS).await)
        });
    }
    alone.store.until_held(1).await;
    assert_eq!(alone.exchange(&issued).await, 1);
    assert_eq!(alone.reads(), 2, "one for all waiting guesses");
    alone.store.let_go();
    assert_eq!(guesses.join_all().await, [1400; 100]);
    // A real token from the same address still works.
    let secret = issued.secret.expose_secret().as_bytes();
    let exchanged = alone.service.exchange(&[secret], ANOTHER_ADDRESS).await;
    assert_eq!(code(exchanged), 1);
}
