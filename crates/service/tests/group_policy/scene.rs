//! A policy with groups, and Ada in some of them.

use std::net::IpAddr;

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{GroupPolicy, MayCreate, Problem, Rule};
use ats_pat_service::{Error, NewToken, Service, Settings};
use ats_pat_test_support::TestDatabase;
use ats_pat_test_support::world::{DAY, World, code};
use secrecy::{ExposeSecret, SecretString};

pub const ELSEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7));

pub fn group(name: &str) -> GroupPolicy {
    GroupPolicy::of(Group::new(&format!("corp/{name}")).unwrap())
}

pub fn networks(network: &str) -> Vec<AllowedNetworks> {
    vec![AllowedNetworks::parse(&[network.to_owned()]).unwrap()]
}

/// Builders get more, guests can create nothing, and contractors must be near and name the scopes
/// of their tokens.
pub fn policies(settings: &mut Settings) {
    settings.policy.base.max_lifetime_days = 30;
    settings.policy.base.scopes = vec![Scope::new("read", "").unwrap()];
    settings.policy.groups = vec![
        GroupPolicy {
            max_lifetime_days: Some(90),
            max_active_tokens: Some(1),
            max_overlap_hours: Some(0),
            scopes: Some(vec![Scope::new("build", "").unwrap()]),
            ..group("builders")
        },
        GroupPolicy {
            may_create: Some(MayCreate::Nobody),
            ..group("guests")
        },
        GroupPolicy {
            all_scope_allowed: Some(false),
            ..group("contractors")
        },
        GroupPolicy {
            required_networks: Some(networks("192.0.2.0/24")),
            ..group("near")
        },
    ];
}

pub async fn world(database: &TestDatabase) -> World {
    World::with(database.url(), policies).await
}

/// Puts ada into these groups.
pub async fn join(world: &World, groups: &[&str]) {
    let groups: Vec<String> = groups.iter().map(|group| format!("corp/{group}")).collect();
    let operator = world.service.operator();
    operator.set_groups("ada", &groups).await.unwrap();
}

pub fn forbids<T>(result: &Result<T, Error>) -> Option<Rule> {
    match result {
        Err(Error::Refused(Problem::PolicyForbids { rule })) => Some(*rule),
        _ => None,
    }
}

pub fn with_scope(world: &World, name: &str, scope: &str) -> NewToken {
    NewToken {
        scopes: Some(vec![scope.to_owned()]),
        ..world.new_token(name, DAY)
    }
}

pub async fn exchange(service: &Service, secret: &SecretString, from: IpAddr) -> u32 {
    let secret = secret.expose_secret().as_bytes();
    code(service.exchange(&[secret], from).await)
}
