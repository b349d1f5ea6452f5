//! Servers that write at the same time, each at a node of its own if the database has several.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

use std::sync::Arc;

use ats_pat_domain::port::Clock as _;
use ats_pat_service::{NewToken, Service, SignedIn, SystemClock};
use ats_pat_test_support::world::{ADDRESS, DAY, PASSWORD, World, exchanged, migrated};
use ats_pat_test_support::{TestDatabase, on_every_deployment};
use secrecy::ExposeSecret as _;
use tokio::task::JoinSet;

const SERVERS: usize = 3;
const CLIENTS: usize = 4;
/// Each has new connections, whose statements are not prepared yet. That is when a node of Galera
/// ends a transaction without telling anybody.
const ROUNDS: usize = 5;
const CHANGES: usize = 5;

async fn sign_in(service: &Service) -> SignedIn {
    let result = service.sign_in("ada", &PASSWORD.into(), ADDRESS).await;
    let id = result.unwrap().session_id;
    let session = service.authenticate(id.expose_secret()).await;
    session.unwrap()
}

async fn create_and_revoke(service: Service, ada: SignedIn, name: String) {
    for number in 0..CHANGES {
        let new = NewToken {
            name: Some(format!("{name} {number}")),
            expires_at: Some(SystemClock.now().after(DAY).to_string()),
            ..NewToken::default()
        };
        let made = service.create_token(&ada, new).await.unwrap();
        assert_eq!(exchanged(&service, &made.secret).await, 1);
        let id = made.token.id.to_string();
        service.revoke_token(&ada, &id).await.unwrap();
        assert_eq!(exchanged(&service, &made.secret).await, 1203);
    }
}

#[on_every_deployment(flavor = "multi_thread")]
async fn every_change_of_several_writers_is_whole(database: &TestDatabase) {
    let world = World::new(database.url()).await;
    world.add_user("ada").await;
    for round in 0..ROUNDS {
        let mut clients = JoinSet::new();
        for server in 0..SERVERS {
            let mut parts = world.parts();
            parts.store = migrated(database.url_at(server)).await;
            parts.clock = Arc::new(SystemClock);
            parts.anchor_file = None;
            let service = Service::open(parts).await.unwrap();
            let ada = sign_in(&service).await;
            for client in 0..CLIENTS {
                let name = format!("{round} {server} {client}");
                clients.spawn(create_and_revoke(service.clone(), ada.clone(), name));
            }
        }
        clients.join_all().await;
    }
    let changes = ROUNDS * SERVERS * CLIENTS * CHANGES;
    for (count, expected) in [
        ("SELECT COUNT(*) FROM tokens", changes),
        (
            "SELECT COUNT(*) FROM events WHERE kind = 'token.created'",
            changes,
        ),
        (
            "SELECT COUNT(*) FROM events WHERE kind = 'token.revoked'",
            changes,
        ),
    ] {
        let found = database.number(count).await;
        assert_eq!(usize::try_from(found).unwrap(), expected, "{count}");
    }
    let audited = world.service.operator().verify_audit().await.unwrap();
    assert_eq!(audited.findings, Vec::<String>::new());
}
