//! A service whose policy is in the database.

use std::net::IpAddr;
use std::time::Duration;

use ats_pat_domain::PolicyDocument;
use ats_pat_service::{CurrentPolicy, NewPolicy, PolicySource, Service};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{World, code};
use secrecy::{ExposeSecret, SecretString};

pub const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));
pub const HOUR: Duration = Duration::from_hours(1);

pub async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), |settings| {
        settings.policy_source = PolicySource::Database;
        settings.policy.base.max_lifetime_days = 200;
    })
    .await
}

pub fn document(json: &str) -> PolicyDocument {
    serde_json::from_str(json).unwrap()
}

pub fn new(json: &str) -> NewPolicy {
    NewPolicy {
        policy: document(json),
        versions: None,
        enforce_on_existing: false,
    }
}

pub async fn apply(service: &Service, json: &str) -> CurrentPolicy {
    service.operator().apply_policy(new(json)).await.unwrap()
}

pub async fn current(service: &Service) -> CurrentPolicy {
    service.operator().policies().await.unwrap()
}

pub async fn exchange(service: &Service, secret: &SecretString, from: IpAddr) -> u32 {
    let secret = secret.expose_secret().as_bytes();
    code(service.exchange(&[secret], from).await)
}

/// The restarted services, with and without the checkpoint.
pub async fn started_again(world: &World) -> [Service; 2] {
    world.service.flush().await;
    let again = world.reopen().await.unwrap();
    std::fs::remove_file(world.folder().join("checkpoint")).unwrap();
    [again, world.reopen().await.unwrap()]
}
