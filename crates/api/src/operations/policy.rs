//! Reading the policy for the signed-in user's tokens.

use ats_pat_domain::network::AllowedNetworks;
use ats_pat_domain::scope::Scope;
use ats_pat_domain::{MayCreate, Problem};
use ats_pat_service::view;
use poem::Request;
use poem_openapi::{Enum, Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::OpenSession;

/// Reads the limits and scopes for a new token.
#[derive(Default)]
pub struct Policy;

#[OpenApi(tag = "Tag::PersonalAccessToken")]
impl Policy {
    /// What personal access tokens may be like
    ///
    /// The longest and the proposed lifetime, how many may be active at once, the scopes on offer,
    /// and from where tokens can be used. It can differ by the groups that the user is in.
    #[oai(
        path = "/api/personalaccesstoken/policy",
        method = "get",
        operation_id = "getPersonalAccessTokenPolicy"
    )]
    async fn policy(
        &self,
        request: &Request,
        session: OpenSession,
    ) -> Result<Answer<Self>, Refused> {
        let policy = Call::of(request)?.service.policy(&session.0).await?;
        Ok(Answer::of(policy))
    }
}

impl Operation for Policy {
    type Data = PersonalAccessTokenPolicy;

    const SUCCESS: &'static str = "The policy";

    fn refusals() -> Vec<Problem> {
        vec![Problem::SignInRequired]
    }

    fn example() -> Value {
        json!({
            "MaxLifetimeDays": 366,
            "DefaultLifetimeDays": 30,
            "MaxActiveTokens": 100,
            "MaxOverlapHours": 168,
            "SelfRegenerateAllowed": true,
            "Scopes": [
                {"Name": "all", "Description": "All the owner's rights"},
                {"Name": "orders:read", "Description": "Read orders"},
            ],
            "MayCreate": "Everyone",
            "AllScopeAllowed": true,
            "RequiredNetworks": [["10.0.0.0/8", "192.0.2.0/24"]],
            "RevokeUnusedAfterDays": 0,
            "RecentSignInMinutes": 0,
        })
    }
}

/// What personal access tokens may be like.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessTokenPolicy {
    /// The longest lifetime, in days.
    max_lifetime_days: u32,
    /// The lifetime to propose, in days.
    default_lifetime_days: u32,
    /// The most active tokens of one owner.
    max_active_tokens: u32,
    /// The longest time that a replaced secret may go on working, in hours.
    max_overlap_hours: u32,
    /// Whether a token may get new secrets by itself.
    self_regenerate_allowed: bool,
    /// The scopes on offer.
    scopes: Vec<PersonalAccessTokenScope>,
    /// Who may make tokens.
    may_create: PersonalAccessTokenMakers,
    /// Whether a token may carry `all`.
    all_scope_allowed: bool,
    /// Lists of networks (CIDR). Each list must have one that holds the address from which a token
    /// is used, besides the token's own. Without a list tokens can be used from anywhere.
    required_networks: Vec<Vec<String>>,
    /// After how many days without a use a token is revoked; 0 is never.
    revoke_unused_after_days: u32,
    /// How many minutes ago the user may have given the password at most when a token gets a
    /// secret; 0 is at any time.
    recent_sign_in_minutes: u32,
}

/// Who may make tokens.
#[derive(Clone, Copy, Serialize, Enum)]
pub enum PersonalAccessTokenMakers {
    /// The user may make tokens.
    Everyone,
    /// The user may not; tokens that there are go on.
    Nobody,
}

impl From<MayCreate> for PersonalAccessTokenMakers {
    fn from(may_create: MayCreate) -> Self {
        match may_create {
            MayCreate::Everyone => Self::Everyone,
            MayCreate::Nobody => Self::Nobody,
        }
    }
}

impl From<view::PolicyView> for PersonalAccessTokenPolicy {
    fn from(policy: view::PolicyView) -> Self {
        Self {
            max_lifetime_days: policy.max_lifetime_days,
            default_lifetime_days: policy.default_lifetime_days,
            max_active_tokens: policy.max_active_tokens,
            max_overlap_hours: policy.max_overlap_hours,
            self_regenerate_allowed: policy.self_regenerate_allowed,
            scopes: policy.scopes.into_iter().map(Into::into).collect(),
            may_create: policy.may_create.into(),
            all_scope_allowed: policy.all_scope_allowed,
            required_networks: policy.required_networks.iter().map(networks).collect(),
            revoke_unused_after_days: policy.revoke_unused_after_days,
            recent_sign_in_minutes: policy.recent_sign_in_minutes,
        }
    }
}

fn networks(networks: &AllowedNetworks) -> Vec<String> {
    let networks = networks.networks().iter();
    networks.map(ToString::to_string).collect()
}

impl Data for PersonalAccessTokenPolicy {
    const DESCRIPTION: &'static str = "The answer with the policy.";
}

/// A scope on offer.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PersonalAccessTokenScope {
    /// What stands in tokens.
    name: String,
    /// What the scope allows, for people who choose one.
    description: String,
}

impl From<Scope> for PersonalAccessTokenScope {
    fn from(scope: Scope) -> Self {
        Self {
            name: scope.name,
            description: scope.description,
        }
    }
}
