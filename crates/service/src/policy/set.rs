//! The policy of each owner: made once for all owners of the same groups.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ats_pat_auth::Origin;
use ats_pat_domain::group::Groups;
use ats_pat_domain::scope::ALL;
use ats_pat_domain::{Policies, Policy, Scopes, User};
use parking_lot::Mutex;

/// So many are remembered. Where there are more, each cached grant has one of its own.
const MOST_REMEMBERED: usize = 1000;

/// Numbers the sets of this process.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The policy for the owners of certain groups.
#[derive(Debug)]
pub(crate) struct OwnerPolicy {
    pub(crate) rules: Policy,
    /// The number of the set that it is of.
    pub(super) set: u64,
    /// The claim `scope` of all the owner's rights, where it is written out.
    all_written_out: Option<Arc<str>>,
}

impl OwnerPolicy {
    fn new(rules: Policy, expand_all_scope: bool, set: u64) -> Self {
        let written_out = || Scopes::all_written_out(&rules.scopes).into();
        Self {
            set,
            all_written_out: expand_all_scope.then(written_out),
            rules,
        }
    }

    /// How a claim writes these scopes, where that is not as the personal access token has them:
    /// all the owner's rights may be written out.
    pub(crate) fn written_out(&self, scope: &str) -> Option<Arc<str>> {
        let written_out = self.all_written_out.as_ref();
        written_out.filter(|_| scope == ALL).map(Arc::clone)
    }
}

/// Where a set stands in the database.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored {
    /// The event that put it there.
    pub(crate) origin: Origin,
    /// Whether tokens that were made before are cut to it.
    pub(crate) cuts: bool,
}

/// The policies of all owners. A set never changes: another policy is another set.
pub(crate) struct OwnerPolicies {
    /// No other set of this process has it.
    pub(super) number: u64,
    /// `None` for what the settings say.
    pub(crate) stored: Option<Stored>,
    policies: Policies,
    expand_all_scope: bool,
    base: Arc<OwnerPolicy>,
    widest: Policy,
    /// By the places of the groups that count.
    merged: Mutex<HashMap<Vec<usize>, Arc<OwnerPolicy>>>,
}

impl OwnerPolicies {
    pub(crate) fn new(policies: Policies, expand_all_scope: bool) -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let base = OwnerPolicy::new(policies.merged(&[]), expand_all_scope, number);
        Self {
            number,
            stored: None,
            widest: policies.widest(),
            policies,
            expand_all_scope,
            base: Arc::new(base),
            merged: Mutex::default(),
        }
    }

    /// The same, as it stands in the database.
    pub(super) fn stored_as(self, stored: Stored) -> Self {
        Self {
            stored: Some(stored),
            ..self
        }
    }

    /// The policy for an owner in these groups.
    pub(crate) fn of(&self, groups: &Groups) -> Arc<OwnerPolicy> {
        let places = self.policies.places(groups);
        if places.is_empty() {
            return Arc::clone(&self.base);
        }
        let mut merged = self.merged.lock();
        if let Some(policy) = merged.get(&places) {
            return Arc::clone(policy);
        }
        let policy = self.policies.merged(&places);
        let policy = Arc::new(OwnerPolicy::new(policy, self.expand_all_scope, self.number));
        if merged.len() < MOST_REMEMBERED {
            merged.insert(places, Arc::clone(&policy));
        }
        policy
    }

    /// The policy of an owner whose row is known; before it is, what no owner may exceed.
    pub(crate) fn known(&self, owner: Option<&User>) -> Policy {
        owner.map_or_else(
            || self.widest.clone(),
            |owner| self.of(&owner.groups).rules.clone(),
        )
    }

    /// What no owner may exceed.
    pub(crate) fn widest(&self) -> &Policy {
        &self.widest
    }

    /// Whether tokens that were made before are cut to them.
    pub(crate) fn cuts(&self) -> bool {
        self.stored.is_some_and(|stored| stored.cuts)
    }

    /// As they are written.
    pub(crate) fn all(&self) -> &Policies {
        &self.policies
    }
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::GroupPolicy;
    use ats_pat_domain::group::Group;
    use ats_pat_domain::scope::Scope;

    use super::*;

    #[test]
    fn owners_of_the_same_groups_share_a_policy() {
        let builders = GroupPolicy {
            scopes: Some(vec![Scope::new("build", "").unwrap()]),
            ..GroupPolicy::of(Group::new("corp/builders").unwrap())
        };
        let policies = Policies {
            base: Policy::default(),
            groups: vec![builders],
        };
        let policies = OwnerPolicies::new(policies, true);
        let of = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            policies.of(&Groups::new(&names).unwrap())
        };
        let one = of(&["corp/builders"]);
        assert!(Arc::ptr_eq(&one, &of(&["corp/a", "corp/builders"])));
        assert!(Arc::ptr_eq(&of(&[]), &of(&["corp/a"])));
        assert_eq!(one.written_out("all").as_deref(), Some("all build"));
        assert_eq!(one.written_out("build"), None);
        assert_eq!(of(&[]).written_out("all").as_deref(), Some("all"));
    }
}
