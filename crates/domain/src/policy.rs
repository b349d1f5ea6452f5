//! The policy that tokens of one owner obey.

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
    /// Nobody. Existing tokens still work.
    Nobody,
    /// Every owner, be it a person or a service account.
    Everyone,
}

impl MayCreate {
    /// The name in the API.
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
    /// The longest time that a replaced secret may still work, in hours.
    pub max_overlap_hours: u32,
    /// Whether tokens may regenerate themselves. If not, existing tokens may not either.
    pub self_regenerate_allowed: bool,
    /// The catalogue: the scopes that are offered besides the reserved ones.
    pub scopes: Vec<Scope>,
    /// Who may make tokens.
    pub may_create: MayCreate,
    /// Whether tokens may have the scope [`ALL`]. Every exchange checks it too.
    pub all_scope_allowed: bool,
    /// Lists of networks. At every exchange the caller's address must be in each of them. With no
    /// list, it may be any.
    pub required_networks: Vec<AllowedNetworks>,
    /// After how many days without a use a token is revoked. 0 means never.
    pub revoke_unused_after_days: u32,
    /// How many minutes ago a user may have signed in to give a token a secret. 0 means no limit.
    pub recent_sign_in_minutes: u32,
    /// How long an authentication token lives, in minutes. It never outlives the secret that it was
    /// exchanged for.
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

/// The latest expiry of a token that is made or regenerated at `now` and may live for this many
/// days.
pub fn latest_expiry(max_lifetime_days: u32, now: Timestamp) -> Timestamp {
    now.after(DAY.saturating_mul(max_lifetime_days))
}

impl Policy {
    /// The scopes that `user` may give to their own tokens and to those of service accounts. `all`
    /// comes first, if it is allowed.
    pub fn scopes_for(&self, user: &User) -> Vec<Scope> {
        self.scopes_by(user.is_administrator)
    }

    /// The same for a caller who administers (an administrator or an operator), or who doesn't.
    pub fn scopes_by(&self, administers: bool) -> Vec<Scope> {
        let introspect = administers.then(Scope::introspect);
        let all = self.all_scope_allowed.then(Scope::all);
        all.into_iter()
            .chain(self.scopes.iter().cloned())
            .chain(introspect)
            .collect()
    }

    /// Requires that tokens may be made.
    ///
    /// # Errors
    /// [`Problem::PolicyForbids`] if nobody may make tokens.
    pub fn check_creation(&self) -> Result<(), Problem> {
        match self.may_create {
            MayCreate::Everyone => Ok(()),
            MayCreate::Nobody => Err(Problem::PolicyForbids {
                rule: Rule::MayCreate,
            }),
        }
    }

    /// Requires that a token may have these scopes, as far as [`ALL`] is concerned.
    ///
    /// # Errors
    /// [`Problem::PolicyForbids`] for [`ALL`] if it is not allowed.
    pub fn check_all_scope(&self, scopes: &Scopes) -> Result<(), Problem> {
        if self.all_scope_allowed || !scopes.contains(ALL) {
            return Ok(());
        }
        Err(Problem::PolicyForbids {
            rule: Rule::AllScope,
        })
    }

    /// Whether `address` is in every list of required networks.
    pub fn allows_from(&self, address: IpAddr) -> bool {
        let mut lists = self.required_networks.iter();
        lists.all(|networks| networks.contain(address))
    }

    /// How long an authentication token lives, in seconds.
    pub const fn authentication_token_seconds(&self) -> u32 {
        self.authentication_token_minutes.saturating_mul(60)
    }

    /// How long a replaced secret still works, if the caller asks for this many hours.
    ///
    /// # Errors
    /// [`Problem::PolicyForbids`] for more hours than the policy allows.
    pub fn overlap(&self, hours: u32) -> Result<Duration, Problem> {
        if hours > self.max_overlap_hours {
            return Err(Problem::PolicyForbids {
                rule: Rule::Overlap,
            });
        }
        Ok(HOUR.saturating_mul(hours))
    }

    /// The latest expiry of a token that is made or regenerated at `now`.
    pub fn latest_expiry(&self, now: Timestamp) -> Timestamp {
        latest_expiry(self.max_lifetime_days, now)
    }

    /// Requires that an expiry is after `now` and within the policy.
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
