//! The schema of the policy.

use std::borrow::Cow;

use ats_pat_domain::PolicyDocument;
use ats_pat_service::CurrentPolicy;
use poem::http::HeaderName;
use poem::http::header;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, ParseResult, ToJSON, Type};
use poem_openapi::{Enum, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::operation::{Data, Header, Operation};

/// The version of the policy in force.
const ETAG: Header = Header {
    name: "ETag",
    description: "The version of the policy in force: for `If-Match`.",
    example: "\"019a6e40-2a3b-7c4d-9e5f-0123456789ab\"",
    always: true,
};

/// Where the policy in force is kept.
const SOURCE: Header = Header {
    name: "Ats-Policy-Source",
    description: "Where the policy stands: `file`, the settings, or `database`.",
    example: "database",
    always: true,
};

/// Whether the policy in force cuts tokens.
const ENFORCE_ON_EXISTING: Header = Header {
    name: "Ats-Policy-Enforce-On-Existing",
    description: "Whether tokens that were made before this policy are cut to it: `true` or `false`.",
    example: "false",
    always: true,
};

/// The headers of every answer with the policy in force.
pub const HEADERS: &[Header] = &[ETAG, SOURCE, ENFORCE_ON_EXISTING];

/// An answer with the policy in force, and its headers.
pub fn answer<O: Operation>(data: impl Into<O::Data>, current: &CurrentPolicy) -> Answer<O> {
    Answer::of(data)
        .with_header(header::ETAG, format!("\"{}\"", current.version))
        .with_header(
            HeaderName::from_static("ats-policy-source"),
            current.source.as_str().to_owned(),
        )
        .with_header(
            HeaderName::from_static("ats-policy-enforce-on-existing"),
            current.enforce_on_existing.to_string(),
        )
}

/// A whole policy. The domain reads and writes it, and [`Policy`] describes it in the document.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Written(pub PolicyDocument);

impl Type for Written {
    const IS_REQUIRED: bool = true;

    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        Policy::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        Policy::schema_ref()
    }

    fn register(registry: &mut Registry) {
        Policy::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(std::iter::once(self))
    }
}

impl ToJSON for Written {
    fn to_json(&self) -> Option<Value> {
        serde_json::to_value(self).ok()
    }
}

impl ParseFromJSON for Written {
    fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
        Ok(serde_json::from_value(value.unwrap_or_default())?)
    }
}

impl Data for Written {
    const DESCRIPTION: &'static str = "The answer with the policy of everybody.";
}

/// Who may make tokens.
#[derive(Enum)]
#[oai(rename = "PolicyMakers")]
enum Makers {
    /// Every owner, be it a person or a service account.
    Everyone,
    /// Nobody: tokens that there are go on.
    Nobody,
}

/// A scope on offer.
#[derive(Object)]
#[oai(rename_all = "PascalCase")]
struct PolicyScope {
    /// What stands in tokens: printable ASCII without spaces, up to 100 characters.
    name: String,
    /// What it allows, for the person who chooses.
    description: Option<String>,
}

/// What tokens may be like. What is absent is as it is by default.
#[derive(Object)]
#[oai(rename_all = "PascalCase")]
struct Policy {
    /// The longest lifetime, in days: 1 to 36500.
    max_lifetime_days: Option<u32>,
    /// The lifetime that forms propose, in days; at most the longest.
    default_lifetime_days: Option<u32>,
    /// The most active tokens of one owner: 1 to 100000.
    max_active_tokens: Option<u32>,
    /// The scopes on offer besides the reserved ones.
    scopes: Option<Vec<PolicyScope>>,
    /// Who may make tokens.
    may_create: Option<Makers>,
    /// Whether tokens may carry `all`. It is judged at every exchange too.
    all_scope_allowed: Option<bool>,
    /// Networks (CIDR) that tokens may be used from, besides their own. It is judged at every
    /// exchange. None is anywhere.
    required_networks: Option<Vec<String>>,
    /// The longest time that a replaced secret may go on working, in hours: 0 to 8760.
    max_overlap_hours: Option<u32>,
    /// Whether tokens may get new secrets by themselves.
    self_regenerate_allowed: Option<bool>,
    /// After how many days without a use a token is revoked; 0 is never.
    revoke_unused_after_days: Option<u32>,
    /// How many minutes ago the password may have been given before a token gets a secret; 0 asks
    /// for nothing.
    recent_sign_in_minutes: Option<u32>,
    /// How long an authentication token lives, in minutes: 1 to 60.
    authentication_token_minutes: Option<u32>,
    /// What is different for the members of groups, each group once.
    groups: Option<Vec<GroupPolicy>>,
}

/// What is different for the members of a group. What is absent is left to the policy of everybody,
/// and to other groups.
#[derive(Object)]
#[oai(rename_all = "PascalCase")]
struct GroupPolicy {
    /// Whose: the provider that says who is in it, a slash, and its name there.
    group: String,
    /// The longest lifetime, in days.
    max_lifetime_days: Option<u32>,
    /// The lifetime that forms propose, in days.
    default_lifetime_days: Option<u32>,
    /// The most active tokens of one owner.
    max_active_tokens: Option<u32>,
    /// The scopes on offer besides the reserved ones.
    scopes: Option<Vec<PolicyScope>>,
    /// Who may make tokens.
    may_create: Option<Makers>,
    /// Whether tokens may carry `all`.
    all_scope_allowed: Option<bool>,
    /// Networks (CIDR) that tokens may be used from.
    required_networks: Option<Vec<String>>,
    /// The longest time that a replaced secret may go on working, in hours.
    max_overlap_hours: Option<u32>,
    /// Whether tokens may get new secrets by themselves.
    self_regenerate_allowed: Option<bool>,
    /// After how many days without a use a token is revoked; 0 is never.
    revoke_unused_after_days: Option<u32>,
    /// How many minutes ago the password may have been given before a token gets a secret.
    recent_sign_in_minutes: Option<u32>,
}

/// An example of a policy.
pub fn example() -> Value {
    json!({
        "MaxLifetimeDays": 90,
        "DefaultLifetimeDays": 30,
        "MaxActiveTokens": 20,
        "Scopes": [{"Name": "orders:read", "Description": "Read orders"}],
        "MayCreate": "Everyone",
        "AllScopeAllowed": false,
        "RequiredNetworks": ["10.0.0.0/8"],
        "MaxOverlapHours": 24,
        "SelfRegenerateAllowed": true,
        "RevokeUnusedAfterDays": 60,
        "RecentSignInMinutes": 15,
        "AuthenticationTokenMinutes": 5,
        "Groups": [{"Group": "corp/builders", "MaxLifetimeDays": 366}],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use poem_openapi::registry::MetaSchema;

    use super::*;

    fn properties(of: &Registry, name: &str) -> BTreeSet<String> {
        let schema: &MetaSchema = &of.schemas[name];
        let names = schema.properties.iter().map(|(name, _)| (*name).to_owned());
        names.collect()
    }

    fn keys(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    #[test]
    fn the_document_describes_what_the_domain_reads() {
        let mut registry = Registry::new();
        Written::register(&mut registry);
        let whole = json!({
            "Group": "corp/builders", "MaxLifetimeDays": 1, "DefaultLifetimeDays": 1, "MaxActiveTokens": 1,
            "Scopes": [{"Name": "a", "Description": ""}], "MayCreate": "Nobody", "AllScopeAllowed": true,
            "RequiredNetworks": [], "MaxOverlapHours": 0, "SelfRegenerateAllowed": true,
            "RevokeUnusedAfterDays": 0, "RecentSignInMinutes": 0,
        });
        let mut base = whole.clone();
        base.as_object_mut().unwrap().remove("Group");
        base["AuthenticationTokenMinutes"] = json!(1);
        base["Groups"] = json!([whole]);
        let read: PolicyDocument = serde_json::from_value(base.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), base);
        assert_eq!(properties(&registry, "Policy"), keys(&base));
        assert_eq!(properties(&registry, "GroupPolicy"), keys(&whole));
        assert_eq!(
            properties(&registry, "PolicyScope"),
            keys(&whole["Scopes"][0])
        );
        let example: PolicyDocument = serde_json::from_value(example()).unwrap();
        assert!(example.read().is_ok());
    }
}
