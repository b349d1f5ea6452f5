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
        }
    }
}
