//! What tokens may be like.

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{GroupPolicy, MayCreate, Policies, Policy, User};
use serde::Serialize;

/// What a token form needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyView {
    /// The longest lifetime, in days.
    pub max_lifetime_days: u32,
    /// The lifetime to propose, in days.
    pub default_lifetime_days: u32,
    /// The most active tokens of one owner.
    pub max_active_tokens: u32,
    /// The longest time that a replaced secret may go on working, in hours.
    pub max_overlap_hours: u32,
    /// Whether a token may get new secrets by itself.
    pub self_regenerate_allowed: bool,
    /// The scopes that the user may give, `all` first where it is allowed.
    pub scopes: Vec<Scope>,
    /// Whether the user may make tokens.
    pub may_create: MayCreate,
    /// Whether a token may carry all the user's rights.
    pub all_scope_allowed: bool,
    /// Lists of networks, of which each must hold the address that a token is used from.
    pub required_networks: Vec<AllowedNetworks>,
    /// After how many days without a use a token is revoked; 0 is never.
    pub revoke_unused_after_days: u32,
    /// How old the user's sign-in may be when a token gets a secret, in minutes; 0 is as old as the session.
    pub recent_sign_in_minutes: u32,
}

impl PolicyView {
    pub(crate) fn new(policy: &Policy, user: &User) -> Self {
        Self {
            max_lifetime_days: policy.max_lifetime_days,
            default_lifetime_days: policy.default_lifetime_days,
            max_active_tokens: policy.max_active_tokens,
            max_overlap_hours: policy.max_overlap_hours,
            self_regenerate_allowed: policy.self_regenerate_allowed,
            scopes: policy.scopes_for(user),
            may_create: policy.may_create,
            all_scope_allowed: policy.all_scope_allowed,
            required_networks: policy.required_networks.clone(),
            revoke_unused_after_days: policy.revoke_unused_after_days,
            recent_sign_in_minutes: policy.recent_sign_in_minutes,
        }
    }
}

/// The policy of a deployment: the base, and what is different for members of groups. What a group leaves to others is
/// left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PoliciesView {
    #[serde(flatten)]
    base: Rules,
    groups: Vec<GroupRules>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupRules {
    group: Group,
    #[serde(flatten)]
    rules: Rules,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rules {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_lifetime_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_lifetime_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_active_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Scope>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may_create: Option<MayCreate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_scope_allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_networks: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_overlap_hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    self_regenerate_allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoke_unused_after_days: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recent_sign_in_minutes: Option<u32>,
}

/// The one list that the settings have.
fn names_of(lists: &[AllowedNetworks]) -> Vec<String> {
    let networks = lists.iter().flat_map(AllowedNetworks::networks);
    networks.map(ToString::to_string).collect()
}

impl PoliciesView {
    /// As it is written.
    pub fn new(policies: &Policies) -> Self {
        let Policies { base, groups } = policies;
        let rules = Rules {
            max_lifetime_days: Some(base.max_lifetime_days),
            default_lifetime_days: Some(base.default_lifetime_days),
            max_active_tokens: Some(base.max_active_tokens),
            scopes: Some(base.scopes.clone()),
            may_create: Some(base.may_create),
            all_scope_allowed: Some(base.all_scope_allowed),
            required_networks: Some(names_of(&base.required_networks)),
            max_overlap_hours: Some(base.max_overlap_hours),
            self_regenerate_allowed: Some(base.self_regenerate_allowed),
            revoke_unused_after_days: Some(base.revoke_unused_after_days),
            recent_sign_in_minutes: Some(base.recent_sign_in_minutes),
        };
        Self {
            base: rules,
            groups: groups.iter().map(GroupRules::new).collect(),
        }
    }
}

impl GroupRules {
    fn new(policy: &GroupPolicy) -> Self {
        Self {
            group: policy.group.clone(),
            rules: Rules {
                max_lifetime_days: policy.max_lifetime_days,
                default_lifetime_days: policy.default_lifetime_days,
                max_active_tokens: policy.max_active_tokens,
                scopes: policy.scopes.clone(),
                may_create: policy.may_create,
                all_scope_allowed: policy.all_scope_allowed,
                required_networks: policy.required_networks.as_deref().map(names_of),
                max_overlap_hours: policy.max_overlap_hours,
                self_regenerate_allowed: policy.self_regenerate_allowed,
                revoke_unused_after_days: policy.revoke_unused_after_days,
                recent_sign_in_minutes: policy.recent_sign_in_minutes,
            },
        }
    }
}

/// What a policy would do to the active tokens that there are, whatever the policy is now. A token can be counted for
/// several reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyCheck {
    /// How many tokens are active.
    pub active_tokens: u64,
    /// How many users and service accounts have one.
    pub owners: u64,
    /// How many active tokens it would do anything to.
    pub affected_tokens: u64,
    /// How many users and service accounts it would do anything to, beyond [`Self::users_who_may_not_create`].
    pub affected_owners: u64,
    /// Tokens that live longer than is allowed. They live on, but regenerated they would get less.
    pub longer_than_allowed: u64,
    /// Tokens with `all` where it is not allowed: every exchange would be refused.
    pub with_all_scope: u64,
    /// Tokens that were last used from outside the required networks, or whose own networks have nothing in common with
    /// them.
    pub from_other_networks: u64,
    /// Tokens that would be revoked, because nobody used them for too long.
    pub unused: u64,
    /// Users and service accounts with more active tokens than are allowed: they could make no more.
    pub owners_over_limit: u64,
    /// Users and service accounts, not disabled, for whom no token may be made.
    pub users_who_may_not_create: u64,
}
