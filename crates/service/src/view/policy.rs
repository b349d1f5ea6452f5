//! What tokens may be like.

use ats_pat_domain::scope::Scope;
use ats_pat_domain::{Policy, User};
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
    /// The scopes that the user may give, `all` first.
    pub scopes: Vec<Scope>,
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
        }
    }
}
