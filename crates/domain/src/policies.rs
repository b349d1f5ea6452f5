//! The policy of a deployment: the base, and what is different for members of groups.

use std::collections::BTreeSet;

use crate::group::{Group, Groups};
use crate::network::AllowedNetworks;
use crate::policy::{MayCreate, Policy};
use crate::scope::{Scope, Scopes};

/// The most characters that the scope claim may have when `all` is written out. Verifiers accept
/// tokens of up to 8 KiB, and many servers accept no longer headers.
pub const LONGEST_WRITTEN_OUT: usize = 4000;

/// What the policy sets for the members of a group. `None` leaves a rule to the base and to the
/// owner's other groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPolicy {
    /// The group that it is for.
    pub group: Group,
    /// The longest lifetime, in days.
    pub max_lifetime_days: Option<u32>,
    /// The lifetime that a form proposes, in days.
    pub default_lifetime_days: Option<u32>,
    /// The most active tokens of one owner.
    pub max_active_tokens: Option<u32>,
    /// The longest time that a replaced secret may still work, in hours.
    pub max_overlap_hours: Option<u32>,
    /// Whether tokens may regenerate themselves.
    pub self_regenerate_allowed: Option<bool>,
    /// The scopes that are offered besides the reserved ones.
    pub scopes: Option<Vec<Scope>>,
    /// Who may make tokens.
    pub may_create: Option<MayCreate>,
    /// Whether tokens may have the scope `all`.
    pub all_scope_allowed: Option<bool>,
    /// Lists of networks. The caller's address must be in each of them. With no list, it may be
    /// any.
    pub required_networks: Option<Vec<AllowedNetworks>>,
    /// After how many days without a use a token is revoked. 0 means never.
    pub revoke_unused_after_days: Option<u32>,
    /// How many minutes ago a user may have signed in to give a token a secret. 0 means no limit.
    pub recent_sign_in_minutes: Option<u32>,
}

impl GroupPolicy {
    /// A policy that sets nothing yet.
    pub fn of(group: Group) -> Self {
        Self {
            group,
            max_lifetime_days: None,
            default_lifetime_days: None,
            max_active_tokens: None,
            max_overlap_hours: None,
            self_regenerate_allowed: None,
            scopes: None,
            may_create: None,
            all_scope_allowed: None,
            required_networks: None,
            revoke_unused_after_days: None,
            recent_sign_in_minutes: None,
        }
    }
}

/// The policy of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policies {
    /// The policy for everybody, except for what their groups set.
    pub base: Policy,
    /// What is different for members of groups. Each group is in the list once.
    pub groups: Vec<GroupPolicy>,
}

impl Policies {
    /// The policy for an owner in these groups. What a group of the owner sets replaces the base.
    /// If several groups set the same rule, the most generous value counts for limits, scopes and
    /// permissions. The strictest value counts for networks, the scope `all`, when an unused token
    /// is revoked, and how old a sign-in may be.
    pub fn of(&self, groups: &Groups) -> Policy {
        self.merged(&self.places(groups))
    }

    /// The places in [`groups`](Self::groups) of those that count for an owner in these groups.
    pub fn places(&self, groups: &Groups) -> Vec<usize> {
        if groups.is_empty() {
            return Vec::new();
        }
        let of_owner =
            |(place, policy): (usize, &GroupPolicy)| groups.contain(&policy.group).then_some(place);
        self.groups
            .iter()
            .enumerate()
            .filter_map(of_owner)
            .collect()
    }

    /// The policy for an owner in the groups at these places.
    pub fn merged(&self, places: &[usize]) -> Policy {
        let groups: Vec<&GroupPolicy> = places
            .iter()
            .filter_map(|place| self.groups.get(*place))
            .collect();
        merge(&self.base, &groups)
    }

    /// The most that any owner may have. What this policy refuses is refused to everybody.
    pub fn widest(&self) -> Policy {
        let most = |base: u32, of: fn(&GroupPolicy) -> Option<u32>| {
            self.groups.iter().filter_map(of).fold(base, u32::max)
        };
        let any = |base: bool, of: fn(&GroupPolicy) -> Option<bool>| {
            base || self.groups.iter().filter_map(of).any(|yes| yes)
        };
        let may_create = self.groups.iter().filter_map(|group| group.may_create);
        Policy {
            max_lifetime_days: most(self.base.max_lifetime_days, |group| group.max_lifetime_days),
            default_lifetime_days: self.base.default_lifetime_days,
            max_active_tokens: most(self.base.max_active_tokens, |group| group.max_active_tokens),
            max_overlap_hours: most(self.base.max_overlap_hours, |group| group.max_overlap_hours),
            self_regenerate_allowed: any(self.base.self_regenerate_allowed, |group| {
                group.self_regenerate_allowed
            }),
            scopes: self.every_scope(),
            may_create: may_create.fold(self.base.may_create, MayCreate::max),
            all_scope_allowed: any(self.base.all_scope_allowed, |group| group.all_scope_allowed),
            required_networks: Vec::new(),
            revoke_unused_after_days: 0,
            recent_sign_in_minutes: 0,
            authentication_token_minutes: self.base.authentication_token_minutes,
        }
    }

    /// Every scope that is offered to somebody. The scopes of the base come first.
    pub fn every_scope(&self) -> Vec<Scope> {
        let of_groups = self.groups.iter().filter_map(|group| group.scopes.as_ref());
        union(std::iter::once(&self.base.scopes).chain(of_groups))
    }

    /// The length of the scope claim in characters, if `all` is written out as every scope that is
    /// offered.
    pub fn written_out_length(&self) -> usize {
        Scopes::all_written_out(&self.every_scope()).len()
    }

    /// Whether that length is over [`LONGEST_WRITTEN_OUT`].
    pub fn are_too_long_written_out(&self) -> bool {
        self.written_out_length() > LONGEST_WRITTEN_OUT
    }

    /// The fewest days without a use after which anybody's token is revoked. `None` if none is.
    pub fn fewest_unused_days(&self) -> Option<u32> {
        let of_groups = self.groups.iter();
        let of_groups = of_groups.filter_map(|group| group.revoke_unused_after_days);
        std::iter::once(self.base.revoke_unused_after_days)
            .chain(of_groups)
            .filter(|days| *days > 0)
            .min()
    }
}

fn merge(base: &Policy, groups: &[&GroupPolicy]) -> Policy {
    /// Reduces the values that groups set by `choose`. Without one, returns the base's value.
    fn value<T: Copy>(
        base: T,
        groups: &[&GroupPolicy],
        of: fn(&GroupPolicy) -> Option<T>,
        choose: fn(T, T) -> T,
    ) -> T {
        let set = groups.iter().filter_map(|group| of(group));
        set.reduce(choose).unwrap_or(base)
    }
    let any: fn(bool, bool) -> bool = |a, b| a || b;
    let max_lifetime_days = value(
        base.max_lifetime_days,
        groups,
        |group| group.max_lifetime_days,
        u32::max,
    );
    let default_lifetime_days = value(
        base.default_lifetime_days,
        groups,
        |group| group.default_lifetime_days,
        u32::max,
    );
    let scopes: Vec<&Vec<Scope>> = groups
        .iter()
        .filter_map(|group| group.scopes.as_ref())
        .collect();
    let networks: Vec<_> = groups
        .iter()
        .filter_map(|group| group.required_networks.as_ref())
        .collect();
    Policy {
        max_lifetime_days,
        // A form must not propose a lifetime that is not allowed.
        default_lifetime_days: default_lifetime_days.min(max_lifetime_days),
        max_active_tokens: value(
            base.max_active_tokens,
            groups,
            |group| group.max_active_tokens,
            u32::max,
        ),
        max_overlap_hours: value(
            base.max_overlap_hours,
            groups,
            |group| group.max_overlap_hours,
            u32::max,
        ),
        self_regenerate_allowed: value(
            base.self_regenerate_allowed,
            groups,
            |group| group.self_regenerate_allowed,
            any,
        ),
        scopes: if scopes.is_empty() {
            base.scopes.clone()
        } else {
            union(scopes)
        },
        may_create: value(
            base.may_create,
            groups,
            |group| group.may_create,
            MayCreate::max,
        ),
        all_scope_allowed: value(
            base.all_scope_allowed,
            groups,
            |group| group.all_scope_allowed,
            |a, b| a && b,
        ),
        required_networks: if networks.is_empty() {
            base.required_networks.clone()
        } else {
            let every: BTreeSet<_> = networks.into_iter().flatten().cloned().collect();
            every.into_iter().collect()
        },
        revoke_unused_after_days: value(
            base.revoke_unused_after_days,
            groups,
            |group| group.revoke_unused_after_days,
            sooner,
        ),
        recent_sign_in_minutes: value(
            base.recent_sign_in_minutes,
            groups,
            |group| group.recent_sign_in_minutes,
            sooner,
        ),
        authentication_token_minutes: base.authentication_token_minutes,
    }
}

/// The shorter of two times. 0 means never.
fn sooner(a: u32, b: u32) -> u32 {
    match (a, b) {
        (0, time) | (time, 0) => time,
        (a, b) => a.min(b),
    }
}

/// Joins the lists in order, and keeps the first scope of each name.
fn union<'a>(lists: impl IntoIterator<Item = &'a Vec<Scope>>) -> Vec<Scope> {
    let mut seen = BTreeSet::new();
    lists
        .into_iter()
        .flatten()
        .filter(|scope| seen.insert(scope.name.as_str()))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests;
