//! The fields of a policy. Groups have all but one of them.

use std::ops::RangeInclusive;

use ats_pat_domain::policy_document::{
    ACTIVE_TOKENS, LIFETIME_DAYS, OVERLAP_HOURS, RECENT_MINUTES, TOKEN_MINUTES, UNUSED_DAYS,
};
use ats_pat_text::Text;

/// A field of a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyField {
    /// How many days a token may live.
    MaxLifetimeDays,
    /// The lifetime that a form proposes.
    DefaultLifetimeDays,
    /// The most active tokens of one owner.
    MaxActiveTokens,
    /// How long a replaced secret may still work.
    MaxOverlapHours,
    /// After how long an unused token is revoked.
    RevokeUnusedAfterDays,
    /// How old a sign-in may be to give a token a secret.
    RecentSignInMinutes,
    /// Who may make tokens.
    MayCreate,
    /// Whether tokens may have all rights.
    AllScopeAllowed,
    /// Whether tokens may regenerate themselves.
    SelfRegenerateAllowed,
    /// The scopes that tokens may have, each with its description.
    Scopes,
    /// The networks that tokens can be used from.
    RequiredNetworks,
    /// How long authentication tokens live.
    AuthenticationTokenMinutes,
}

/// How a field is filled in.
pub enum Kind {
    /// A whole number in this range.
    Number(RangeInclusive<u32>),
    /// One of these values.
    Choice(&'static [&'static str]),
    /// Scopes, one on each line.
    Scopes,
    /// Networks, one on each line.
    Networks,
}

const MAKERS: &[&str] = &["Everyone", "Nobody"];
const WHETHER: &[&str] = &["true", "false"];

impl PolicyField {
    /// All fields, in the order of the page.
    pub const ALL: [Self; 12] = [
        Self::MaxLifetimeDays,
        Self::DefaultLifetimeDays,
        Self::MaxActiveTokens,
        Self::MaxOverlapHours,
        Self::RevokeUnusedAfterDays,
        Self::RecentSignInMinutes,
        Self::MayCreate,
        Self::AllScopeAllowed,
        Self::SelfRegenerateAllowed,
        Self::Scopes,
        Self::RequiredNetworks,
        Self::AuthenticationTokenMinutes,
    ];

    /// The fields of a group, or all for the base.
    pub fn of(is_base: bool) -> impl Iterator<Item = Self> {
        let fields = Self::ALL.into_iter();
        fields.filter(move |field| is_base || *field != Self::AuthenticationTokenMinutes)
    }

    /// The name in the document, and of the field in the form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaxLifetimeDays => "MaxLifetimeDays",
            Self::DefaultLifetimeDays => "DefaultLifetimeDays",
            Self::MaxActiveTokens => "MaxActiveTokens",
            Self::MaxOverlapHours => "MaxOverlapHours",
            Self::RevokeUnusedAfterDays => "RevokeUnusedAfterDays",
            Self::RecentSignInMinutes => "RecentSignInMinutes",
            Self::MayCreate => "MayCreate",
            Self::AllScopeAllowed => "AllScopeAllowed",
            Self::SelfRegenerateAllowed => "SelfRegenerateAllowed",
            Self::Scopes => "Scopes",
            Self::RequiredNetworks => "RequiredNetworks",
            Self::AuthenticationTokenMinutes => "AuthenticationTokenMinutes",
        }
    }

    /// How it is filled in.
    pub const fn kind(self) -> Kind {
        match self {
            Self::MaxLifetimeDays | Self::DefaultLifetimeDays => Kind::Number(LIFETIME_DAYS),
            Self::MaxActiveTokens => Kind::Number(ACTIVE_TOKENS),
            Self::MaxOverlapHours => Kind::Number(OVERLAP_HOURS),
            Self::RevokeUnusedAfterDays => Kind::Number(UNUSED_DAYS),
            Self::RecentSignInMinutes => Kind::Number(RECENT_MINUTES),
            Self::AuthenticationTokenMinutes => Kind::Number(TOKEN_MINUTES),
            Self::MayCreate => Kind::Choice(MAKERS),
            Self::AllScopeAllowed | Self::SelfRegenerateAllowed => Kind::Choice(WHETHER),
            Self::Scopes => Kind::Scopes,
            Self::RequiredNetworks => Kind::Networks,
        }
    }

    /// Its label on pages.
    pub fn label(self, text: Text) -> &'static str {
        match self {
            Self::MaxLifetimeDays => text.policy_max_lifetime(),
            Self::DefaultLifetimeDays => text.policy_default_lifetime(),
            Self::MaxActiveTokens => text.policy_max_tokens(),
            Self::MaxOverlapHours => text.policy_max_overlap(),
            Self::RevokeUnusedAfterDays => text.policy_unused(),
            Self::RecentSignInMinutes => text.policy_recent(),
            Self::MayCreate => text.policy_may_create(),
            Self::AllScopeAllowed => text.policy_all_scope(),
            Self::SelfRegenerateAllowed => text.policy_self_regenerate(),
            Self::Scopes => text.policy_scopes(),
            Self::RequiredNetworks => text.policy_networks(),
            Self::AuthenticationTokenMinutes => text.policy_token_minutes(),
        }
    }

    /// What it means, and how it is written.
    pub fn hint(self, text: Text) -> &'static str {
        match self {
            Self::MaxLifetimeDays => text.policy_max_lifetime_hint(),
            Self::DefaultLifetimeDays => text.policy_default_lifetime_hint(),
            Self::MaxActiveTokens => text.policy_max_tokens_hint(),
            Self::MaxOverlapHours => text.policy_max_overlap_hint(),
            Self::RevokeUnusedAfterDays => text.policy_unused_hint(),
            Self::RecentSignInMinutes => text.policy_recent_hint(),
            Self::MayCreate => text.policy_may_create_hint(),
            Self::AllScopeAllowed => text.policy_all_scope_hint(),
            Self::SelfRegenerateAllowed => text.policy_self_regenerate_hint(),
            Self::Scopes => text.policy_scopes_hint(),
            Self::RequiredNetworks => text.policy_networks_hint(),
            Self::AuthenticationTokenMinutes => text.policy_token_minutes_hint(),
        }
    }

    /// What 0 means, if it has a special meaning.
    fn zero(self, text: Text) -> Option<&'static str> {
        match self {
            Self::MaxOverlapHours => Some(text.policy_no_overlap()),
            Self::RevokeUnusedAfterDays | Self::RecentSignInMinutes => Some(text.policy_never()),
            _ => None,
        }
    }

    /// Its value for display, a line for each part. An empty list has no line.
    pub fn lines(self, value: &str, text: Text) -> Vec<String> {
        let in_words = match self.kind() {
            Kind::Choice(_) => Some(choice(value, text)),
            Kind::Number(_) if value == "0" => self.zero(text),
            _ => None,
        };
        match in_words {
            Some(words) => vec![words.to_owned()],
            None => value.lines().map(ToOwned::to_owned).collect(),
        }
    }

    /// The text for an empty list.
    pub fn empty_list(self, text: Text) -> &'static str {
        match self {
            Self::RequiredNetworks => text.policy_from_anywhere(),
            _ => text.policy_no_scopes(),
        }
    }
}

/// A choice in words.
pub fn choice(value: &str, text: Text) -> &'static str {
    match value {
        "Everyone" => text.policy_everyone(),
        "Nobody" => text.policy_nobody(),
        "true" => text.policy_allowed(),
        _ => text.policy_not_allowed(),
    }
}
