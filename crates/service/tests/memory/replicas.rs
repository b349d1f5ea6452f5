//! Several servers on one database, in real time.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::view::IssuedToken;
use ats_pat_service::{
    NewToken, PasswordChange, Regeneration, Service, SignedIn, SystemClock, TokenUpdate,
};
use ats_pat_test_support::proxy::{Fault, Proxy};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, code, exchanged, migrated};
use ats_pat_test_support::{TestDatabase, on_every_deployment, on_every_server};
use secrecy::ExposeSecret as _;
use tokio::task::{JoinHandle, JoinSet};

use crate::watched::Watched;

/// A server that follows the event log.
struct Replica {
    service: Service,
    store: Watched,
    feed: JoinHandle<()>,
}

impl Replica {
    /// Another server on the database of `world`, which is at `url`.
    async fn beside(world: &World, url: &str) -> Self {
        let store = Watched::new(migrated(url).await);
        let mut parts = world.parts();
        parts.store = Arc::new(store.clone());
        parts.clock = Arc::new(SystemClock);
        parts.anchor_file = None;
        let service = Service::open(parts).await.unwrap();
        let follower = service.clone();
        let feed = tokio::spawn(async move { follower.run_feed(std::future::pending()).await });
        Self {
            service,
            store,
            feed,
        }
    }

    async fn sign_in(&self, name: &str) -> SignedIn {
        self.sign_in_with(name, PASSWORD).await
    }

    async fn sign_in_with(&self, name: &str, password: &str) -> SignedIn {
        let result = self.service.sign_in(name, &password.into(), ADDRESS).await;
        let id = result.unwrap().session_id;
        let session = self.service.authenticate(id.expose_secret()).await;
        session.unwrap()
    }

    async fn create(&self, by: &SignedIn, name: &str) -> IssuedToken {
        let new = NewToken {
            name: Some(name.to_owned()),
            expires_at: Some(SystemClock.now().after(DAY).to_string()),
            ..NewToken::default()
        };
        self.service.create_token(by, new).await.unwrap()
    }

    async fn exchange(&self, issued: &IssuedToken) -> u32 {
        exchanged(&self.service, &issued.secret).await
    }

    /// Exchanges until one exchange was answered from memory.
    async fn warm(&self, issued: &IssuedToken) {
        loop {
            self.store.statements();
            assert_eq!(self.exchange(issued).await, 1);
            if self.store.statements().is_empty() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.feed.abort();
    }
}

#[on_every_deployment(flavor = "multi_thread")]
async fn a_token_that_one_server_revoked_is_exchanged_by_no_other(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let one = Replica::beside(&world, database.url_at(1)).await;
    let other = Replica::beside(&world, database.url_at(2)).await;
    let ada = one.sign_in("ada").await;
    for round in 0..5 {
        let issued = one.create(&ada, &format!("ci {round}")).await;
        let id = issued.token.id.to_string();
        other.warm(&issued).await;
        one.warm(&issued).await;
        let revoked = one.service.revoke_token(&ada, &id).await;
        revoked.unwrap();
        assert_eq!(other.exchange(&issued).await, 1203);
        assert_eq!(one.exchange(&issued).await, 1203);
    }
    let issued = one.create(&ada, "before a new password").await;
    other.warm(&issued).await;
    let new_password = PasswordChange {
        current: PASSWORD.into(),
        new: "orbit-of-velvet-plums-7".into(),
        revoke_tokens: true,
    };
    let changed = one.service.change_password(&ada, new_password, ADDRESS);
    changed.await.unwrap();
    assert_eq!(other.exchange(&issued).await, 1203);
    let ada = one.sign_in_with("ada", "orbit-of-velvet-plums-7").await;
    let issued = one.create(&ada, "last").await;
    other.warm(&issued).await;
    let disabled = one.service.operator().disable_user("ada").await;
    disabled.unwrap();
    assert_eq!(other.exchange(&issued).await, 1205);
}

#[on_every_deployment(flavor = "multi_thread")]
async fn a_token_that_one_server_shortened_is_not_exchanged_longer_by_another(
    database: &TestDatabase,
) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let one = Replica::beside(&world, database.url_at(1)).await;
    let other = Replica::beside(&world, database.url_at(2)).await;
    let ada = one.sign_in("ada").await;
    for round in 0..3 {
        let issued = one.create(&ada, &format!("ci {round}")).await;
        let id = issued.token.id.to_string();
        for replica in [&one, &other] {
            replica.warm(&issued).await;
        }
        let secret = [issued.secret.expose_secret().as_bytes()];
        let before = other.service.exchange(&secret, ADDRESS).await.unwrap();
        let shorten = async |by: Duration| {
            let expires_at = SystemClock.now().after(by);
            let earlier = TokenUpdate {
                expires_at: Some(expires_at.to_string()),
                ..TokenUpdate::default()
            };
            let updated = one.service.update_token(&ada, &id, earlier);
            assert_eq!(updated.await.unwrap().expires_at, expires_at);
            expires_at
        };
        let soon = shorten(Duration::from_mins(1)).await;
        for replica in [&other, &one] {
            let exchanged = replica.service.exchange(&secret, ADDRESS).await.unwrap();
            assert_eq!(exchanged.personal_access_token_expires_at, soon);
            assert!(exchanged.expires_at <= soon);
            let bearer = before.token.expose_secret();
            assert_eq!(code(replica.service.identity(bearer).await), 1206);
            replica.warm(&issued).await;
        }
        // Less than a second is left when this is answered.
        shorten(Duration::from_millis(1100)).await;
        for replica in [&other, &one] {
            assert_eq!(replica.exchange(&issued).await, 1202);
        }
    }
}

#[on_every_server(flavor = "multi_thread")]
async fn a_server_without_its_database_refuses_once_its_lease_ends(database: &TestDatabase) {
    let (proxy, through_proxy) = Proxy::before(database.url()).await;
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let replica = Replica::beside(&world, &through_proxy).await;
    let ada = replica.sign_in("ada").await;
    let issued = replica.create(&ada, "ci").await;
    replica.warm(&issued).await;
    proxy.arm(Fault::Unreachable);
    let answer = loop {
        match replica.exchange(&issued).await {
            1 => tokio::task::yield_now().await,
            other => break other,
        }
    };
    assert_eq!(answer, 1503);
    assert_eq!(replica.exchange(&issued).await, 1503, "the lease is over");
    proxy.arm(Fault::None);
    while replica.exchange(&issued).await != 1 {
        tokio::task::yield_now().await;
    }
    replica.warm(&issued).await;
}

#[on_every_deployment(flavor = "multi_thread")]
async fn parallel_changes_at_all_servers_happen_and_are_in_one_log(database: &TestDatabase) {
    const CHANGES: usize = 12;
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    let mut servers = JoinSet::new();
    for node in 0..3 {
        let replica = Replica::beside(&world, database.url_at(node)).await;
        let ada = replica.sign_in("ada").await;
        servers.spawn(async move {
            for number in 0..CHANGES {
                let issued = replica.create(&ada, &format!("{node}-{number}")).await;
                let id = issued.token.id.to_string();
                let regenerated =
                    replica
                        .service
                        .regenerate_token(&ada, &id, Regeneration::default());
                let regenerated = regenerated.await.unwrap();
                assert_eq!(replica.exchange(&issued).await, 1201);
                assert_eq!(replica.exchange(&regenerated).await, 1);
            }
        });
    }
    servers.join_all().await;
    let found = world.service.operator().verify_audit().await.unwrap();
    assert_eq!(found.findings, Vec::<String>::new());
    let head = world.store.events().head().await.unwrap();
    let logged = database.number("SELECT COUNT(*) FROM events").await;
    assert_eq!(logged, head.seq, "the log has no gap");
}
