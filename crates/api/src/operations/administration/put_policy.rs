//! `PUT /api/administration/policy`: replaces the policy, or tells what that would do.

use ats_pat_domain::{Problem, Reason, Rule};
use ats_pat_service::NewPolicy;
use ats_pat_service::view::PolicyCheck;
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;
use serde_json::{Value, json};

use super::policy::{HEADERS, Written, answer, example};
use crate::answer::Answer;
use crate::call::Call;
use crate::example::TOKEN_ID;
use crate::operation::{Body, Data, Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForPolicyChange, IfMatch, InQuery, JsonBody, QueryReader};

/// Puts a new policy into force.
#[derive(Default)]
pub struct PutPolicy;

#[OpenApi(tag = "Tag::Administration")]
impl PutPolicy {
    /// Put a policy into force
    ///
    /// The policy takes the place of the one before as a whole: what is absent is as it is by
    /// default. Once this is answered no server goes by the one before. With `DryRun=true` nothing
    /// changes, and the answer tells what the policy would do to the active tokens that there are.
    /// With `EnforceOnExisting=true` tokens that live longer than the policy allows are cut to it,
    /// and those whose time is up by that end; without it they live on. Required networks, and
    /// whether tokens may carry `all`, are judged at every exchange in any case. Needs the right
    /// `policy`, and a deployment that keeps its policy in the database.
    #[oai(
        path = "/api/administration/policy",
        method = "put",
        operation_id = "putPolicy"
    )]
    async fn put(
        &self,
        request: &Request,
        by: By<ForPolicyChange>,
        body: JsonBody<Written>,
        /// The version that must be in force, as `ETag` named it: else another one would be
        /// overwritten unseen.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        /// `true`: change nothing, and tell what would happen.
        #[oai(name = "DryRun")]
        _dry_run: InQuery<bool>,
        /// `true`: cut tokens that live longer than the policy allows.
        #[oai(name = "EnforceOnExisting")]
        _enforce_on_existing: InQuery<bool>,
    ) -> Result<Answer<Self>, Refused> {
        let options = Options::of(request)?;
        let operator = by.operator(Call::of(request)?)?;
        let (current, effects) = if options.dry_run {
            let effects = operator.check_policies(body.0.0.read()?).await?;
            (operator.policies().await?, Some(effects.into()))
        } else {
            let new = NewPolicy {
                policy: body.0.0,
                versions: if_match.0,
                enforce_on_existing: options.enforce_on_existing,
            };
            (operator.apply_policy(new).await?, None)
        };
        let result = PolicyResult {
            policy: Written(current.policy.clone()),
            effects,
        };
        Ok(answer(result, &current))
    }
}

/// The options in the query.
struct Options {
    dry_run: bool,
    enforce_on_existing: bool,
}

impl Options {
    fn of(request: &Request) -> Result<Self, Problem> {
        let mut reader = QueryReader::of(request.uri().query().unwrap_or_default());
        let yes_or_no = |text: &str| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Reason::UnknownValue),
        };
        let options = Self {
            dry_run: reader.read("DryRun", yes_or_no).unwrap_or_default(),
            enforce_on_existing: reader
                .read("EnforceOnExisting", yes_or_no)
                .unwrap_or_default(),
        };
        reader.finish()?;
        Ok(options)
    }
}

impl Operation for PutPolicy {
    type Data = PolicyResult;

    const SUCCESS: &'static str = "The policy that is in force now";
    const HEADERS: &'static [Header] = HEADERS;

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("MaxLifetimeDays", Reason::OutOfRange),
            Problem::PolicyForbids {
                rule: Rule::PolicySource,
            },
            Problem::VersionMismatch {
                current: TOKEN_ID.to_owned(),
            },
        ]
    }

    fn example() -> Value {
        // The example has `DryRun=true`.
        json!({
            "Policy": example(),
            "Effects": {
                "ActiveTokens": 120,
                "Owners": 14,
                "AffectedTokens": 3,
                "AffectedOwners": 2,
                "LongerThanAllowed": 3,
                "WithAllScope": 0,
                "FromOtherNetworks": 0,
                "Unused": 0,
                "OwnersOverLimit": 0,
                "UsersWhoMayNotCreate": 0,
            },
        })
    }

    fn body() -> Option<Body> {
        Some(Body {
            parts: &[("GroupPolicy", &["Group"]), ("PolicyScope", &["Name"])],
            ..Body::of::<Written>(&[], example())
        })
    }
}

/// The policy in force, and what another would do.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PolicyResult {
    /// The policy in force.
    policy: Written,
    /// With `DryRun`, what the policy that was sent would do; else `null`.
    effects: Option<PolicyEffects>,
}

impl Data for PolicyResult {
    const DESCRIPTION: &'static str =
        "The answer with the policy in force, and the effects of another.";
}

/// What a policy would do to the active tokens that there are. A token can be counted for several
/// reasons.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct PolicyEffects {
    /// How many tokens are active.
    active_tokens: u64,
    /// How many users and service accounts have one.
    owners: u64,
    /// How many active tokens it would do anything to.
    affected_tokens: u64,
    /// How many users and service accounts it would do anything to.
    affected_owners: u64,
    /// Tokens that live longer than is allowed. With `EnforceOnExisting` they are cut.
    longer_than_allowed: u64,
    /// Tokens with `all` where it is not allowed: every exchange would be refused.
    with_all_scope: u64,
    /// Tokens that were last used from outside the required networks, or can be used from nowhere
    /// in them.
    from_other_networks: u64,
    /// Tokens that would be revoked, because nobody used them for too long.
    unused: u64,
    /// Users and service accounts with more active tokens than are allowed: they could make no
    /// more.
    owners_over_limit: u64,
    /// Users and service accounts, not disabled, for whom no token may be made.
    users_who_may_not_create: u64,
}

impl From<PolicyCheck> for PolicyEffects {
    fn from(check: PolicyCheck) -> Self {
        Self {
            active_tokens: check.active_tokens,
            owners: check.owners,
            affected_tokens: check.affected_tokens,
            affected_owners: check.affected_owners,
            longer_than_allowed: check.longer_than_allowed,
            with_all_scope: check.with_all_scope,
            from_other_networks: check.from_other_networks,
            unused: check.unused,
            owners_over_limit: check.owners_over_limit,
            users_who_may_not_create: check.users_who_may_not_create,
        }
    }
}
