//! What the operator allows: settings that the rules obey.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::network::AllowedNetworks;
use crate::problem::Problem;
use crate::rule::Rule;
use crate::scope::{ALL, Scope, Scopes};
use crate::time::Timestamp;
use crate::user::User;

/// Who may make tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MayCreate {
    /// Nobody: tokens that there are go on.
    Nobody,
    /// Every owner.
    Everyone,
}

impl MayCreate {
    /// The name in the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "Nobody",
            Self::Everyone => "Everyone",
        }
    }
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Limits on personal access tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The longest lifetime, in days.
    pub max_lifetime_days: u32,
    /// The lifetime that a form proposes, in days.
    pub default_lifetime_days: u32,
    /// The most active tokens of one owner.
    pub max_active_tokens: u32,
    /// The longest time that a replaced secret may go on working, in hours.
    pub max_overlap_hours: u32,
    /// Whether tokens may be made that get new secrets by themselves, and whether those that were
    /// made may.
    pub self_regenerate_allowed: bool,
    /// The catalogue: the scopes on offer besides the reserved ones.
    pub scopes: Vec<Scope>,
    /// Who may make tokens.
    pub may_create: MayCreate,
    /// Whether tokens may carry [`ALL`]: it is judged at every exchange too.
    pub all_scope_allowed: bool,
    /// Lists of networks, of which each must hold the caller's address at every exchange; an empty
    /// one lets it come from anywhere.
    pub required_networks: Vec<AllowedNetworks>,
    /// After how many days without a use a token is revoked; 0 is never.
    pub revoke_unused_after_days: u32,
    /// How old the sign-in of whoever gives a token a secret may be, in minutes; 0 is as old as its
    /// session.
    pub recent_sign_in_minutes: u32,
    /// How long an authentication token lives, in minutes. Its secret's end still comes first.
    pub authentication_token_minutes: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_lifetime_days: 366,
            default_lifetime_days: 30,
            max_active_tokens: 100,
            max_overlap_hours: 7 * 24,
            self_regenerate_allowed: true,
            scopes: Vec::new(),
            may_create: MayCreate::Everyone,
            all_scope_allowed: true,
            required_networks: Vec::new(),
            revoke_unused_after_days: 0,
            recent_sign_in_minutes: 0,
            authentication_token_minutes: 5,
        }
    }
}

/// The latest expiry of a token made or regenerated at `now`, where it may live for so many days.
pub fn latest_expiry(max_lifetime_days: u32, now: Timestamp) -> Timestamp {
    now.after(DAY.saturating_mul(max_lifetime_days))
}

impl Policy {
    /// The scopes that `user` may give to a token of their own or of a service account, `all` first
    /// where it is allowed.
    pub fn scopes_for(&self, user: &User) -> Vec<Scope> {
        self.scopes_by(user.is_administrator)
    }

    /// The same, by whether it is an administrator or an operator who gives them.
    pub fn scopes_by(&self, administers: bool) -> Vec<Scope> {
        let introspect = administers.then(Scope::introspect);
        let all = self.all_scope_allowed.then(Scope::all);
        all.into_iter()
            .chain(self.scopes.iter().cloned())
            .chain(introspect)
            .collect()
    }

    /// Whether a token may be made.
    ///
    /// # Errors
    /// [`Problem::PolicyForbids`] where nobody may make tokens.
    pub fn check_creation(&self) -> Result<(), Problem> {
        match self.may_create {
            MayCreate::Everyone => Ok(()),
            MayCreate::Nobody => Err(Problem::PolicyForbids {
                rule: Rule::MayCreate,
            }),
        }
    }

    /// Whether a token may carry these scopes.
    ///
    /// # Errors
    /// [`Problem::PolicyForbids`] for [`ALL`] where it is not allowed.
    pub fn check_all_scope(&self, scopes: &Scopes) -> Result<(), Problem> {
        if self.all_scope_allowed || !scopes.contains(ALL) {
            return Ok(());
        }
        Err(Problem::PolicyForbids {
            rule: Rule::AllScope,
        })
    }

    /// Whether tokens may be exchanged from `address`: every list must hold it.
    pub fn allows_from(&self, address: IpAddr) -> bool {
        let mut lists = self.required_networks.iter();
        lists.all(|networks| networks.contain(address))
    }

    /// How long an authentication token lives, in seconds.
    pub const fn authentication_token_seconds(&self) -> u32 {
        self.authentication_token_minutes.saturating_mul(60)
    }

    /// For how long a replaced secret goes on working, where so many hours were asked for.
    ///
    /// # Errors
    /// [`Problem::PolicyForbids`] for more than the policy allows.
    pub fn overlap(&self, hours: u32) -> Result<Duration, Problem> {
        if hours > self.max_overlap_hours {
            return Err(Problem::PolicyForbids {
                rule: Rule::Overlap,
            });
        }
        Ok(HOUR.saturating_mul(hours))
    }

    /// The latest expiry of a token made or regenerated at `now`.
    pub fn latest_expiry(&self, now: Timestamp) -> Timestamp {
        latest_expiry(self.max_lifetime_days, now)
    }

    /// Accepts an expiry that lies after `now` and not beyond the policy.
    ///
    /// # Errors
    /// [`Problem::ExpirationNotAllowed`] names the latest allowed time.
    pub fn check_expiry(&self, expires_at: Timestamp, now: Timestamp) -> Result<(), Problem> {
        let latest = self.latest_expiry(now);
        if expires_at > now && expires_at <= latest {
            Ok(())
        } else {
            Err(Problem::ExpirationNotAllowed { latest })
        }
    }
}
