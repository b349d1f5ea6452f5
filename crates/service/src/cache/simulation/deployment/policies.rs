//! Policies that are put into force one after the other, and owners who join and leave groups.

use std::sync::Arc;

use ats_pat_domain::group::{Group, Groups};
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::port::StoredPolicy;
use ats_pat_domain::{GroupPolicy, Policies, Policy, Scopes};
use tokio::time::Instant;

use super::super::chance::Chance;
use super::super::database::Rows;
use super::truth::Planted;
use super::{ADDRESS, Deployment, OWNERS};
use crate::operator::NewPolicy;
use crate::policy::{OwnerPolicies, Written};

/// The group that a policy can differ by.
const GROUP: &str = "corp/builders";

impl Deployment {
    /// Puts policies into force, one after the other: two at once, and nobody could say which one
    /// was the later.
    pub(super) async fn change_policy(self: Arc<Self>, by: usize) {
        if std::mem::replace(&mut self.truth.lock().changes_policy, true) {
            return;
        }
        for _ in 0..=self.chance.below(3) {
            let by = by + usize::try_from(self.chance.below(2)).unwrap_or(0);
            if self.chance.below(4) == 0 {
                self.spawn(|here| async move { here.lose_soon().await });
            }
            self.apply_one(by).await;
        }
        self.truth.lock().changes_policy = false;
    }

    /// What is put into force may be lost before everybody has heard of it, and nothing else
    /// happens that would tell.
    async fn lose_soon(&self) {
        self.pause(120).await;
        if !self.options.puts_back && self.database.fail_over() {
            self.forget_what_was_lost();
        }
    }

    /// Puts this policy into force by the admin program; gives it as it is remembered.
    pub(super) async fn put_into_force(&self, base: Policy) -> Arc<OwnerPolicies> {
        let policies = Policies {
            base,
            groups: Vec::new(),
        };
        let new = NewPolicy {
            policy: (&policies).into(),
            versions: None,
            enforce_on_existing: false,
        };
        let applied = self.admin.operator().apply_policy(new).await;
        applied.expect("a policy in force");
        let in_force = &self.admin.inner.policies;
        in_force.current().await.expect("the policy in force")
    }

    async fn apply_one(&self, by: usize) {
        let Some(service) = self.service(by) else {
            return;
        };
        let policies = any_policies(&self.chance);
        let written = Written {
            policy: (&policies).into(),
            enforce_on_existing: false,
        };
        let new = NewPolicy {
            policy: written.policy.clone(),
            versions: None,
            enforce_on_existing: false,
        };
        let term = self.database.term();
        {
            let mut truth = self.truth.lock();
            truth.policy = None;
            truth.policy_changes += 1;
        }
        let applied = service.operator().apply_policy(new).await;
        if applied.is_ok() && self.database.term() == term && self.still_runs(by, &service) {
            let row = written.to_row().expect("it is short");
            self.expect(term, "a policy", |rows| has_policy(rows, &row));
            let mut truth = self.truth.lock();
            truth.policy = Some(row);
            truth.seen.policies += 1;
        }
    }

    /// An owner joins the group, or leaves it.
    pub(super) async fn regroup(&self, by: usize) {
        let chosen = usize::try_from(self.chance.below(OWNERS as u64)).unwrap_or(0);
        let Some(service) = self.service(by) else {
            return;
        };
        let names: &[String] = match self.chance.below(2) {
            0 => &[],
            _ => &[GROUP.to_owned()],
        };
        let groups = Groups::new(names).expect("groups");
        let (owner, name) = {
            let mut truth = self.truth.lock();
            let owner = truth.owners[chosen];
            if !truth.regrouped.insert(owner) {
                return;
            }
            truth.groups.remove(&owner);
            truth.policy_changes += 1;
            (owner, truth.names[&owner].clone())
        };
        let term = self.database.term();
        let done = service.operator().set_groups(&name, names).await;
        let mut truth = self.truth.lock();
        if done.is_ok() && self.database.term() == term && self.still_runs(by, &service) {
            truth.groups.insert(owner, groups);
        }
        truth.regrouped.remove(&owner);
    }

    /// Whether a policy was acknowledged that lets the token not be exchanged, and the database has
    /// it still. Different where another one may have been in force in between.
    pub(super) fn is_forbidden(&self, planted: &Planted) -> Option<(u64, u64)> {
        let (term, rows) = (self.database.term(), self.database.now().rows);
        let truth = self.truth.lock();
        let (policy, groups) = (truth.policy.as_ref()?, truth.groups.get(&planted.owner)?);
        let owner = rows.users.get(&planted.owner)?;
        let is_there = self.options.puts_back || has_policy(&rows, policy);
        let forbids = is_there && owner.row.groups == *groups && forbids(policy, groups);
        forbids.then_some((term, truth.policy_changes))
    }

    /// Since when the database has had a policy that lets the token not be exchanged, whoever was
    /// told. One that was put back is none.
    pub(super) fn forbidden_since(&self, planted: &Planted) -> Option<Instant> {
        if self.options.puts_back {
            return None;
        }
        self.database.has_been_since(|rows| {
            let owner = rows.users.get(&planted.owner);
            let groups = owner.map(|owner| &owner.row.groups);
            let policy = rows.policy.as_ref().map(|policy| &policy.row);
            let both = policy.zip(groups);
            both.is_some_and(|(policy, groups)| forbids(policy, groups))
        })
    }
}

pub(super) fn has_policy(rows: &Rows, policy: &StoredPolicy) -> bool {
    rows.policy.as_ref().is_some_and(|row| row.row == *policy)
}

/// Whether the policy forbids what owners in these groups were planted.
fn forbids(policy: &StoredPolicy, groups: &Groups) -> bool {
    let (policies, _) = Written::of_row(policy).expect("a policy");
    let policy = policies.of(groups);
    policy.check_all_scope(&Scopes::all()).is_err() || !policy.allows_from(ADDRESS)
}

fn any_policies(chance: &Chance) -> Policies {
    let elsewhere = || vec![networks("198.51.100.0/24")];
    let here = || vec![networks("192.0.2.0/24")];
    let (all_scope_allowed, required_networks) = match chance.below(5) {
        0 => (false, Vec::new()),
        1 => (true, elsewhere()),
        2 => (true, here()),
        _ => (true, Vec::new()),
    };
    let base = Policy {
        all_scope_allowed,
        required_networks,
        ..Policy::default()
    };
    let group = GroupPolicy::of(Group::new(GROUP).expect("a group"));
    let group = match chance.below(4) {
        0 => GroupPolicy {
            all_scope_allowed: Some(false),
            ..group
        },
        1 => GroupPolicy {
            required_networks: Some(elsewhere()),
            ..group
        },
        2 => GroupPolicy {
            all_scope_allowed: Some(true),
            required_networks: Some(here()),
            ..group
        },
        _ => group,
    };
    Policies {
        base,
        groups: vec![group],
    }
}

fn networks(network: &str) -> AllowedNetworks {
    AllowedNetworks::parse(&[network.to_owned()]).expect("a network")
}
