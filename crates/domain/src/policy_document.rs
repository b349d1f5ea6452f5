//! The written form of the policy: the same document in the settings file, the API and the
//! database.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::group::Group;
use crate::network::AllowedNetworks;
use crate::policies::{GroupPolicy, Policies};
use crate::policy::{MayCreate, Policy};
use crate::problem::Problem;
use crate::scope::{InvalidScope, Scope};
use crate::validation::{Failure, Reason};

/// How many days a token may live.
pub const LIFETIME_DAYS: RangeInclusive<u32> = 1..=36_500;
/// How many active tokens an owner may have.
pub const ACTIVE_TOKENS: RangeInclusive<u32> = 1..=100_000;
/// How many hours a replaced secret may still work.
pub const OVERLAP_HOURS: RangeInclusive<u32> = 0..=8760;
/// After how many days without a use a token is revoked.
pub const UNUSED_DAYS: RangeInclusive<u32> = 0..=36_500;
/// How many minutes ago a user may have signed in to give a token a secret.
pub const RECENT_MINUTES: RangeInclusive<u32> = 0..=43_200;
/// How many minutes an authentication token may live. Offline verifiers and the places in the
/// status list rely on the upper bound.
pub const TOKEN_MINUTES: RangeInclusive<u32> = 1..=60;
/// The most groups that a policy can have rules for.
pub const MAX_GROUP_POLICIES: usize = 500;

/// The longest description of a scope, in characters.
const MAX_DESCRIPTION: usize = 500;

/// A scope that the policy offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct ScopeDocument {
    /// The name in tokens.
    pub name: String,
    /// What it allows, for the person who chooses scopes.
    #[serde(default)]
    pub description: String,
}

/// Makes a document of the rules that groups can set, with fields of its own before and after them.
macro_rules! documents {
    ($($(#[$doc:meta])* $name:ident { $($before:tt)* } { $($after:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        pub struct $name {
            $($before)*
            /// The longest lifetime, in days.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub max_lifetime_days: Option<u32>,
            /// The lifetime that a form proposes, in days.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub default_lifetime_days: Option<u32>,
            /// The most active tokens of one owner.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub max_active_tokens: Option<u32>,
            /// The scopes that are offered besides the reserved ones.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub scopes: Option<Vec<ScopeDocument>>,
            /// Who may make tokens.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub may_create: Option<MayCreate>,
            /// Whether tokens may have the scope `all`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub all_scope_allowed: Option<bool>,
            /// The caller's address must be in one of these networks. With an empty list, it may be
            /// any.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub required_networks: Option<Vec<String>>,
            /// The longest time that a replaced secret may still work, in hours.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub max_overlap_hours: Option<u32>,
            /// Whether tokens may regenerate themselves.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub self_regenerate_allowed: Option<bool>,
            /// After how many days without a use a token is revoked. 0 means never.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub revoke_unused_after_days: Option<u32>,
            /// How many minutes ago a user may have signed in to give a token a secret. 0 means no
            /// limit.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub recent_sign_in_minutes: Option<u32>,
            $($after)*
        }

        impl $name {
            /// Reads the rules. Adds a failure for each field that is not valid, with `place`
            /// before its name.
            fn rules(&self, place: &str, failures: &mut Vec<Failure>) -> Rules {
                let mut read = Reading { place, failures };
                Rules {
                    max_lifetime_days: read.number("MaxLifetimeDays", self.max_lifetime_days, LIFETIME_DAYS),
                    default_lifetime_days: read.number(
                        "DefaultLifetimeDays",
                        self.default_lifetime_days,
                        LIFETIME_DAYS,
                    ),
                    max_active_tokens: read.number("MaxActiveTokens", self.max_active_tokens, ACTIVE_TOKENS),
                    scopes: read.scopes(self.scopes.as_deref()),
                    may_create: self.may_create,
                    all_scope_allowed: self.all_scope_allowed,
                    required_networks: read.networks(self.required_networks.as_deref()),
                    max_overlap_hours: read.number("MaxOverlapHours", self.max_overlap_hours, OVERLAP_HOURS),
                    self_regenerate_allowed: self.self_regenerate_allowed,
                    revoke_unused_after_days: read.number(
                        "RevokeUnusedAfterDays",
                        self.revoke_unused_after_days,
                        UNUSED_DAYS,
                    ),
                    recent_sign_in_minutes: read.number(
                        "RecentSignInMinutes",
                        self.recent_sign_in_minutes,
                        RECENT_MINUTES,
                    ),
                }
            }
        }
    )*};
}

documents! {
    /// The policy of a deployment. An absent field has its default.
    PolicyDocument {} {
        /// How long an authentication token lives, in minutes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub authentication_token_minutes: Option<u32>,
        /// What is different for the members of groups.
        #[serde(default)]
        pub groups: Vec<GroupDocument>,
    }
    /// What is different for the members of a group. An absent field is left to the base and to the
    /// owner's other groups.
    GroupDocument {
        /// The group that it is for, as `NAME/value`.
        pub group: String,
    } {}
}

/// The rules of one document, after they were read.
struct Rules {
    max_lifetime_days: Option<u32>,
    default_lifetime_days: Option<u32>,
    max_active_tokens: Option<u32>,
    scopes: Option<Vec<Scope>>,
    may_create: Option<MayCreate>,
    all_scope_allowed: Option<bool>,
    required_networks: Option<Vec<AllowedNetworks>>,
    max_overlap_hours: Option<u32>,
    self_regenerate_allowed: Option<bool>,
    revoke_unused_after_days: Option<u32>,
    recent_sign_in_minutes: Option<u32>,
}

/// Reads the fields of one document.
struct Reading<'a> {
    place: &'a str,
    failures: &'a mut Vec<Failure>,
}

impl Reading<'_> {
    fn failed(&mut self, field: &str, reason: Reason) {
        let field = format!("{}{field}", self.place);
        self.failures.push(Failure::new(field, reason));
    }

    fn number(
        &mut self,
        field: &str,
        number: Option<u32>,
        bounds: RangeInclusive<u32>,
    ) -> Option<u32> {
        if number.is_some_and(|number| !bounds.contains(&number)) {
            self.failed(field, Reason::OutOfRange);
        }
        number
    }

    fn scopes(&mut self, written: Option<&[ScopeDocument]>) -> Option<Vec<Scope>> {
        let mut scopes: Vec<Scope> = Vec::new();
        for scope in written? {
            match Scope::new(&scope.name, &scope.description) {
                Ok(scope) if scopes.iter().any(|other| other.name == scope.name) => {
                    self.failed("Scopes", Reason::Repeated);
                }
                Ok(scope) => scopes.push(scope),
                Err(InvalidScope::Reserved { .. }) => self.failed("Scopes", Reason::UnknownValue),
                Err(InvalidScope::NotAToken { .. }) => self.failed("Scopes", Reason::BadCharacter),
            }
            if scope.description.chars().count() > MAX_DESCRIPTION {
                self.failed("Scopes", Reason::TooLong);
            }
        }
        Some(scopes)
    }

    fn networks(&mut self, written: Option<&[String]>) -> Option<Vec<AllowedNetworks>> {
        match written? {
            [] => Some(Vec::new()),
            written => match AllowedNetworks::parse(written) {
                Ok(networks) => Some(vec![networks]),
                Err(reason) => {
                    self.failed("RequiredNetworks", reason);
                    None
                }
            },
        }
    }
}

impl PolicyDocument {
    /// Reads the policy.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] with every field that is not valid. A field of a group has a
    /// name such as `Groups[0].MaxLifetimeDays`.
    pub fn read(&self) -> Result<Policies, Problem> {
        let mut failures = Vec::new();
        let rules = self.rules("", &mut failures);
        let defaults = Policy::default();
        let max_lifetime_days = rules
            .max_lifetime_days
            .unwrap_or(defaults.max_lifetime_days);
        let default_lifetime_days = rules
            .default_lifetime_days
            .unwrap_or(defaults.default_lifetime_days.min(max_lifetime_days));
        if default_lifetime_days > max_lifetime_days {
            failures.push(Failure::new("DefaultLifetimeDays", Reason::OutOfRange));
        }
        let authentication_token_minutes = Reading {
            place: "",
            failures: &mut failures,
        }
        .number(
            "AuthenticationTokenMinutes",
            self.authentication_token_minutes,
            TOKEN_MINUTES,
        );
        let base = Policy {
            max_lifetime_days,
            default_lifetime_days,
            max_active_tokens: rules
                .max_active_tokens
                .unwrap_or(defaults.max_active_tokens),
            max_overlap_hours: rules
                .max_overlap_hours
                .unwrap_or(defaults.max_overlap_hours),
            self_regenerate_allowed: rules
                .self_regenerate_allowed
                .unwrap_or(defaults.self_regenerate_allowed),
            scopes: rules.scopes.unwrap_or_default(),
            may_create: rules.may_create.unwrap_or(defaults.may_create),
            all_scope_allowed: rules
                .all_scope_allowed
                .unwrap_or(defaults.all_scope_allowed),
            required_networks: rules.required_networks.unwrap_or_default(),
            revoke_unused_after_days: rules
                .revoke_unused_after_days
                .unwrap_or(defaults.revoke_unused_after_days),
            recent_sign_in_minutes: rules
                .recent_sign_in_minutes
                .unwrap_or(defaults.recent_sign_in_minutes),
            authentication_token_minutes: authentication_token_minutes
                .unwrap_or(defaults.authentication_token_minutes),
        };
        if self.groups.len() > MAX_GROUP_POLICIES {
            failures.push(Failure::new("Groups", Reason::TooLong));
        }
        let mut groups: Vec<GroupPolicy> = Vec::new();
        for (place, group) in self.groups.iter().enumerate() {
            let place = format!("Groups[{place}].");
            let Some(group) = group.read(&place, max_lifetime_days, &mut failures) else {
                continue;
            };
            if groups.iter().any(|other| other.group == group.group) {
                failures.push(Failure::new(format!("{place}Group"), Reason::Repeated));
            }
            groups.push(group);
        }
        if failures.is_empty() {
            Ok(Policies { base, groups })
        } else {
            Err(Problem::ValidationFailed(failures))
        }
    }
}

impl GroupDocument {
    fn read(
        &self,
        place: &str,
        longest_of_base: u32,
        failures: &mut Vec<Failure>,
    ) -> Option<GroupPolicy> {
        let rules = self.rules(place, failures);
        let longest = rules.max_lifetime_days.unwrap_or(longest_of_base);
        let proposed = rules.default_lifetime_days;
        if proposed.is_some_and(|proposed| proposed > longest) {
            let field = format!("{place}DefaultLifetimeDays");
            failures.push(Failure::new(field, Reason::OutOfRange));
        }
        let group = match Group::new(&self.group) {
            Ok(group) => group,
            Err(error) => {
                failures.push(Failure::new(format!("{place}Group"), error.reason()));
                return None;
            }
        };
        Some(GroupPolicy {
            group,
            max_lifetime_days: rules.max_lifetime_days,
            default_lifetime_days: rules.default_lifetime_days,
            max_active_tokens: rules.max_active_tokens,
            max_overlap_hours: rules.max_overlap_hours,
            self_regenerate_allowed: rules.self_regenerate_allowed,
            scopes: rules.scopes,
            may_create: rules.may_create,
            all_scope_allowed: rules.all_scope_allowed,
            required_networks: rules.required_networks,
            revoke_unused_after_days: rules.revoke_unused_after_days,
            recent_sign_in_minutes: rules.recent_sign_in_minutes,
        })
    }
}

impl From<&Policies> for PolicyDocument {
    /// Writes every field, so that [`PolicyDocument::read`] gives the same policy again.
    fn from(policies: &Policies) -> Self {
        let Policies { base, groups } = policies;
        Self {
            max_lifetime_days: Some(base.max_lifetime_days),
            default_lifetime_days: Some(base.default_lifetime_days),
            max_active_tokens: Some(base.max_active_tokens),
            scopes: Some(written_scopes(&base.scopes)),
            may_create: Some(base.may_create),
            all_scope_allowed: Some(base.all_scope_allowed),
            required_networks: Some(written_networks(&base.required_networks)),
            max_overlap_hours: Some(base.max_overlap_hours),
            self_regenerate_allowed: Some(base.self_regenerate_allowed),
            revoke_unused_after_days: Some(base.revoke_unused_after_days),
            recent_sign_in_minutes: Some(base.recent_sign_in_minutes),
            authentication_token_minutes: Some(base.authentication_token_minutes),
            groups: groups.iter().map(Into::into).collect(),
        }
    }
}

impl From<&GroupPolicy> for GroupDocument {
    fn from(policy: &GroupPolicy) -> Self {
        Self {
            group: policy.group.to_string(),
            max_lifetime_days: policy.max_lifetime_days,
            default_lifetime_days: policy.default_lifetime_days,
            max_active_tokens: policy.max_active_tokens,
            scopes: policy.scopes.as_deref().map(written_scopes),
            may_create: policy.may_create,
            all_scope_allowed: policy.all_scope_allowed,
            required_networks: policy.required_networks.as_deref().map(written_networks),
            max_overlap_hours: policy.max_overlap_hours,
            self_regenerate_allowed: policy.self_regenerate_allowed,
            revoke_unused_after_days: policy.revoke_unused_after_days,
            recent_sign_in_minutes: policy.recent_sign_in_minutes,
        }
    }
}

fn written_scopes(scopes: &[Scope]) -> Vec<ScopeDocument> {
    let written = scopes.iter().map(|scope| ScopeDocument {
        name: scope.name.clone(),
        description: scope.description.clone(),
    });
    written.collect()
}

/// A document has one list of networks, so this joins them.
fn written_networks(lists: &[AllowedNetworks]) -> Vec<String> {
    let networks = lists.iter().flat_map(AllowedNetworks::networks);
    networks.map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests;
