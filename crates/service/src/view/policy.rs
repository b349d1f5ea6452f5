//! What tokens may be like.

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{MayCreate, Policy, User};
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
    /// How old the user's sign-in may be when a token gets a secret, in minutes; 0 is as old as the
    /// session.
    pub recent_sign_in_minutes: u32,
}

impl PolicyView {
    /// One by which no token can be made.
    pub fn nothing_allowed() -> Self {
        Self {
            max_lifetime_days: 1,
            default_lifetime_days: 1,
            max_active_tokens: 0,
            max_overlap_hours: 0,
            self_regenerate_allowed: false,
            scopes: Vec::new(),
            may_create: MayCreate::Nobody,
            all_scope_allowed: false,
            required_networks: Vec::new(),
            revoke_unused_after_days: 0,
            recent_sign_in_minutes: 0,
        }
    }

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

/// What a policy would do to the active tokens that there are, whatever the policy is now. A token
/// can be counted for several reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyCheck {
    /// How many tokens are active.
    pub active_tokens: u64,
    /// How many users and service accounts have one.
    pub owners: u64,
    /// How many active tokens it would do anything to.
    pub affected_tokens: u64,
    /// How many users and service accounts it would do anything to, beyond
    /// [`Self::users_who_may_not_create`].
    pub affected_owners: u64,
    /// Tokens that live longer than is allowed. They live on, but regenerated they would get less.
    pub longer_than_allowed: u64,
    /// Tokens with `all` where it is not allowed: every exchange would be refused.
    pub with_all_scope: u64,
    /// Tokens that were last used from outside the required networks, or whose own networks have
    /// nothing in common with them.
    pub from_other_networks: u64,
    /// Tokens that would be revoked, because nobody used them for too long.
    pub unused: u64,
    /// Users and service accounts with more active tokens than are allowed: they could make no
    /// more.
    pub owners_over_limit: u64,
    /// Users and service accounts, not disabled, for whom no token may be made.
    pub users_who_may_not_create: u64,
}
