//! A later release adds to the schema while programs of this one run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use ats_pat_domain::port::Clock as _;
use ats_pat_service::{Error, NewToken, Regeneration, Service, SignedIn, SystemClock};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, exchanged, migrated};
use ats_pat_test_support::{Kind, TestDatabase, on_every_database};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::task::JoinHandle;

/// As a migration of a later release may do whose name ends in `_beside`.
async fn add_to_the_schema(database: &TestDatabase) {
    let number = match database.kind() {
        Kind::Sqlite => "integer",
        Kind::Postgres | Kind::Mariadb | Kind::Galera => "bigint",
    };
    for table in [
        "users",
        "sessions",
        "tokens",
        "secrets",
        "events",
        "status_places",
    ] {
        for column in [
            format!("later_number {number}"),
            format!("later_flag {number} DEFAULT 0 NOT NULL"),
        ] {
            let add = format!("ALTER TABLE {table} ADD COLUMN {column}");
            database.execute(&add).await;
        }
    }
    for statement in [
        "CREATE TABLE later (id integer NOT NULL PRIMARY KEY)",
        "CREATE INDEX later_names ON tokens (later_number)",
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later_beside', 0)",
    ] {
        database.execute(statement).await;
    }
}

/// A token's whole life.
async fn live(world: &World, service: &Service, ada: &SignedIn, name: &str) -> Result<(), Error> {
    let issued = service
        .create_token(ada, world.new_token(name, DAY))
        .await?;
    let id = issued.token.id.to_string();
    assert_eq!(code(world.exchange(&issued.secret).await), 1);
    let renewed = service
        .regenerate_token(ada, &id, Regeneration::default())
        .await?;
    assert_eq!(code(world.exchange(&renewed.secret).await), 1);
    service.revoke_token(ada, &id).await?;
    assert_eq!(code(world.exchange(&renewed.secret).await), 1203);
    Ok(())
}

#[on_every_database]
async fn programs_go_on_beside_a_later_release(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    let ada = world.signed_in("ada").await;
    let before = world.create(&ada, "before", DAY).await.unwrap();
    live(&world, &world.service, &ada, "one").await.unwrap();
    add_to_the_schema(database).await;

    live(&world, &world.service, &ada, "two").await.unwrap();
    // One that starts only now.
    let another = world.reopen().await.unwrap();
    live(&world, &another, &ada, "three").await.unwrap();
    assert_eq!(code(world.exchange(&before.secret).await), 1);
    assert_eq!(world.findings().await, [""; 0]);
}

/// A server that follows the event log, and a person who is signed in there.
struct Server {
    service: Service,
    ada: SignedIn,
    feed: JoinHandle<()>,
}

impl Server {
    async fn on(world: &World, database: &TestDatabase) -> Self {
        let mut parts = world.parts();
        parts.store = migrated(database.url()).await;
        parts.clock = Arc::new(SystemClock);
        parts.anchor_file = None;
        let service = Service::open(parts).await.unwrap();
        let follower = service.clone();
        let feed = tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
        let signed_in = service.sign_in("ada", &PASSWORD.into(), ADDRESS).await;
        let session = signed_in.unwrap().session_id;
        let ada = service.authenticate(session.expose_secret()).await.unwrap();
        Self { service, ada, feed }
    }

    async fn exchange(&self, secret: &SecretString) -> u32 {
        exchanged(&self.service, secret).await
    }

    /// A token's whole life here, with exchanges here and at another server.
    async fn live(&self, other: &Self, name: &str) {
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(SystemClock.now().after(DAY).to_string()),
            ..NewToken::default()
        };
        let issued = self.service.create_token(&self.ada, new).await.unwrap();
        let id = issued.token.id.to_string();
        let everywhere = async |secret: &SecretString| {
            [self.exchange(secret).await, other.exchange(secret).await]
        };
        assert_eq!(everywhere(&issued.secret).await, [1, 1], "{name}");
        let renewal = self
            .service
            .regenerate_token(&self.ada, &id, Regeneration::default());
        let renewed = renewal.await.unwrap();
        assert_eq!(everywhere(&issued.secret).await, [1201, 1201], "{name}");
        assert_eq!(everywhere(&renewed.secret).await, [1, 1], "{name}");
        self.service.revoke_token(&self.ada, &id).await.unwrap();
        assert_eq!(everywhere(&renewed.secret).await, [1203, 1203], "{name}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.feed.abort();
    }
}

#[on_every_database(flavor = "multi_thread", worker_threads = 3)]
async fn nothing_fails_at_servers_under_load_while_a_later_release_adds(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let (one, other) = (
        Server::on(&world, database).await,
        Server::on(&world, database).await,
    );
    let is_over = AtomicBool::new(false);
    let lives = [AtomicU32::new(0), AtomicU32::new(0)];
    let load = async |here: &Server, there: &Server, number: usize| {
        while !is_over.load(Ordering::Relaxed) {
            let life = lives[number].fetch_add(1, Ordering::Relaxed);
            here.live(there, &format!("{number}: {life}")).await;
        }
    };
    let lived = async |goal: u32| {
        while lives.iter().any(|one| one.load(Ordering::Relaxed) < goal) {
            tokio::task::yield_now().await;
        }
    };
    let add = async {
        lived(2).await;
        add_to_the_schema(database).await;
        let so_far = lives.iter().map(|one| one.load(Ordering::Relaxed)).max();
        lived(so_far.unwrap_or_default() + 2).await;
        is_over.store(true, Ordering::Relaxed);
    };
    tokio::join!(load(&one, &other, 0), load(&other, &one, 1), add);
    assert_eq!(world.findings().await, [""; 0]);
}
