//! The policies that are put into force: what they forbid of what every use of a token is judged
//! by.

use ats_pat_domain::group::Group;
use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::{GroupPolicy, Policies, PolicyDocument};
use fastrand::Rng;

/// The group that a policy can differ by.
pub const GROUP: &str = "corp/builders";

/// How many days the longest tokens live here.
const LONGEST_DAYS: u32 = 366;

/// What a policy says; `None` in the group leaves it to the base.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    all_scope_allowed: Option<bool>,
    from_anywhere: Option<bool>,
}

/// A policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    base: Said,
    group: Said,
    /// How many days tokens live at most, where that is less than anybody here asks for; those that
    /// were made before are cut to it.
    cuts_to_days: Option<u32>,
}

impl Policy {
    /// One that forbids something now and then: what forbids everything tests nothing more.
    pub fn any(rng: &mut Rng) -> Self {
        let mut one = |how_rarely| match rng.u8(..how_rarely) {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        };
        Self {
            base: Said {
                all_scope_allowed: one(6),
                from_anywhere: one(6),
            },
            group: Said {
                all_scope_allowed: one(4),
                from_anywhere: one(4),
            },
            cuts_to_days: rng.choice([None, None, Some(1), Some(20)]).flatten(),
        }
    }

    /// So many days, or fewer where tokens may not live as long.
    pub fn days(self, asked: u32) -> u32 {
        self.cuts_to_days.map_or(asked, |most| most.min(asked))
    }

    pub fn cuts(self) -> bool {
        self.cuts_to_days.is_some()
    }

    /// As the service is told.
    pub fn document(self) -> PolicyDocument {
        let networks = |anywhere| {
            let elsewhere = || AllowedNetworks::parse(&["192.0.2.0/24".to_owned()]);
            if anywhere {
                Vec::new()
            } else {
                vec![elsewhere().unwrap()]
            }
        };
        let policies = Policies {
            base: ats_pat_domain::Policy {
                all_scope_allowed: self.base.all_scope_allowed.unwrap_or(true),
                required_networks: networks(self.base.from_anywhere.unwrap_or(true)),
                authentication_token_minutes: 60,
                max_lifetime_days: self.days(LONGEST_DAYS),
                default_lifetime_days: self.days(1),
                ..ats_pat_domain::Policy::default()
            },
            groups: vec![GroupPolicy {
                all_scope_allowed: self.group.all_scope_allowed,
                required_networks: self.group.from_anywhere.map(networks),
                ..GroupPolicy::of(Group::new(GROUP).unwrap())
            }],
        };
        (&policies).into()
    }

    /// Whether no token may carry all of its owner's rights, as every token here does.
    pub fn forbids_all(self, in_group: bool) -> bool {
        !self.says(in_group, |said| said.all_scope_allowed)
    }

    /// Whether no token may be exchanged, as far as its owner and its clients are those here.
    pub fn forbids_exchange(self, in_group: bool) -> bool {
        self.forbids_all(in_group) || !self.says(in_group, |said| said.from_anywhere)
    }

    fn says(self, in_group: bool, of: fn(Said) -> Option<bool>) -> bool {
        let of_group = of(self.group).filter(|_| in_group);
        of_group.or(of(self.base)).unwrap_or(true)
    }
}
