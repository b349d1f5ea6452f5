//! The policy as the model has it: what counts for ada, who is in the one group or is not.

use std::time::Duration;

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{GroupPolicy, MayCreate, Policies, Policy, Timestamp};

/// The group that the policy can differ by.
pub const GROUP: &str = "corp/builders";
/// The scope on offer.
pub const SCOPE: &str = "build";

/// What the policy says; `None` in a group leaves it to the base.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said {
    pub max_days: Option<u32>,
    pub max_active: Option<u32>,
    pub max_hours: Option<u32>,
    pub may_create: Option<bool>,
    pub may_renew: Option<bool>,
    pub may_have_all: Option<bool>,
    /// Whether the clients' address is in the required networks.
    pub from_here: Option<bool>,
}

/// What counts for ada.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct Rules {
    pub max_days: u32,
    pub max_active: u32,
    pub max_hours: u32,
    pub may_create: bool,
    pub may_renew: bool,
    pub may_have_all: bool,
    pub from_here: bool,
}

/// Of the base, where it says nothing.
const BASE: Rules = Rules {
    max_days: 2,
    max_active: 2,
    max_hours: 24,
    may_create: true,
    may_renew: true,
    may_have_all: true,
    from_here: true,
};

impl Rules {
    /// By the base, and what the group says where its members are meant.
    pub fn of(base: Said, group: Option<Said>) -> Self {
        let group = group.unwrap_or_default();
        Self {
            max_days: group.max_days.or(base.max_days).unwrap_or(BASE.max_days),
            max_active: group
                .max_active
                .or(base.max_active)
                .unwrap_or(BASE.max_active),
            max_hours: group.max_hours.or(base.max_hours).unwrap_or(BASE.max_hours),
            may_create: group
                .may_create
                .or(base.may_create)
                .unwrap_or(BASE.may_create),
            may_renew: group.may_renew.or(base.may_renew).unwrap_or(BASE.may_renew),
            may_have_all: group
                .may_have_all
                .or(base.may_have_all)
                .unwrap_or(BASE.may_have_all),
            from_here: group.from_here.or(base.from_here).unwrap_or(BASE.from_here),
        }
    }

    /// The latest expiry of what gets a secret at this time.
    pub fn latest(&self, now: Timestamp) -> Timestamp {
        now.after(Duration::from_hours(24) * self.max_days)
    }

    /// Whether what gets a secret now may expire then.
    pub fn allow(&self, expires_at: Timestamp, now: Timestamp) -> bool {
        expires_at > now && expires_at <= self.latest(now)
    }
}

/// The same, as the service is told.
pub fn policies(base: Said, group: Said) -> Policies {
    let rules = Rules::of(base, None);
    let may_create = |may| {
        if may {
            MayCreate::Everyone
        } else {
            MayCreate::Nobody
        }
    };
    Policies {
        base: Policy {
            max_lifetime_days: rules.max_days,
            default_lifetime_days: 1,
            max_active_tokens: rules.max_active,
            max_overlap_hours: rules.max_hours,
            self_regenerate_allowed: rules.may_renew,
            scopes: vec![Scope::new(SCOPE, "").unwrap()],
            may_create: may_create(rules.may_create),
            all_scope_allowed: rules.may_have_all,
            required_networks: networks(rules.from_here),
            ..Policy::default()
        },
        groups: vec![GroupPolicy {
            max_lifetime_days: group.max_days,
            max_active_tokens: group.max_active,
            max_overlap_hours: group.max_hours,
            self_regenerate_allowed: group.may_renew,
            may_create: group.may_create.map(may_create),
            all_scope_allowed: group.may_have_all,
            required_networks: group.from_here.map(networks),
            ..GroupPolicy::of(Group::new(GROUP).unwrap())
        }],
    }
}

fn networks(from_here: bool) -> Vec<AllowedNetworks> {
    let network = if from_here {
        "192.0.2.0/24"
    } else {
        "198.51.100.0/24"
    };
    vec![AllowedNetworks::parse(&[network.to_owned()]).unwrap()]
}
