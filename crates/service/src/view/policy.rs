//! The policy for tokens.

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{MayCreate, Policy, User};
use serde::Serialize;

/// What a form for tokens needs to know of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyView {
    /// The longest lifetime, in days.
    pub max_lifetime_days: u32,
    /// The proposed lifetime, in days.
    pub default_lifetime_days: u32,
    /// The most active tokens of one owner.
    pub max_active_tokens: u32,
    /// The longest overlap, in hours.
    pub max_overlap_hours: u32,
    /// Whether a token may regenerate itself.
    pub self_regenerate_allowed: bool,
    /// The scopes that the user may choose. `all` is first, if it is allowed.
    pub scopes: Vec<Scope>,
    /// Whether the user may create tokens.
    pub may_create: MayCreate,
    /// Whether a token may have all of the user's rights.
    pub all_scope_allowed: bool,
    /// Lists of networks. A token may be used only from an address that each list contains.
    pub required_networks: Vec<AllowedNetworks>,
    /// After how many days without use a token is revoked. 0 means never.
    pub revoke_unused_after_days: u32,
    /// How long ago the user may have signed in when a token gets a secret, in minutes. 0 means any
    /// time in the session.
    pub recent_sign_in_minutes: u32,
}

impl PolicyView {
    /// A policy that allows no token.
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
        Self::of(policy, user.is_administrator)
    }

    /// The policy for a user who administers the service or not.
    pub fn of(policy: &Policy, is_administrator: bool) -> Self {
        Self {
            max_lifetime_days: policy.max_lifetime_days,
            default_lifetime_days: policy.default_lifetime_days,
            max_active_tokens: policy.max_active_tokens,
            max_overlap_hours: policy.max_overlap_hours,
            self_regenerate_allowed: policy.self_regenerate_allowed,
            scopes: policy.scopes_by(is_administrator),
            may_create: policy.may_create,
            all_scope_allowed: policy.all_scope_allowed,
            required_networks: policy.required_networks.clone(),
            revoke_unused_after_days: policy.revoke_unused_after_days,
            recent_sign_in_minutes: policy.recent_sign_in_minutes,
        }
    }
}

/// What a policy would do to the active tokens. The current policy doesn't matter. A token can be
/// counted for several reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyCheck {
    /// The number of active tokens.
    pub active_tokens: u64,
    /// The number of users and service accounts that have one.
    pub owners: u64,
    /// The number of active tokens that it would affect.
    pub affected_tokens: u64,
    /// The number of users and service accounts that it would affect, without
    /// [`Self::users_who_may_not_create`].
    pub affected_owners: u64,
    /// Tokens that live longer than is allowed. They stay as they are, but get less when they are
    /// regenerated.
    pub longer_than_allowed: u64,
    /// Tokens with `all` although it is not allowed. Every exchange would be refused.
    pub with_all_scope: u64,
    /// Tokens that were last used outside the required networks, or whose own networks don't
    /// overlap them.
    pub from_other_networks: u64,
    /// Tokens that would be revoked because they were not used for too long.
    pub unused: u64,
    /// Users and service accounts with more active tokens than are allowed. They could create no
    /// more.
    pub owners_over_limit: u64,
    /// Enabled users and service accounts for whom no token may be created.
    pub users_who_may_not_create: u64,
}
