//! `GET /api/administration/policy`: reads the policy, as administrators see it.

use ats_pat_domain::Problem;
use poem::Request;
use poem_openapi::OpenApi;
use serde_json::Value;

use super::policy::{HEADERS, Written, answer, example};
use crate::answer::Answer;
use crate::call::Call;
use crate::operation::{Header, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForPolicy};

/// Reads the policy with its rules for groups.
#[derive(Default)]
pub struct GetPolicy;

#[OpenApi(tag = "Tag::Administration")]
impl GetPolicy {
    /// Get the policy of everybody
    ///
    /// The policy in force, with what is different for the members of groups. Needs the right
    /// `policy`.
    #[oai(
        path = "/api/administration/policy",
        method = "get",
        operation_id = "getPolicy"
    )]
    async fn policy(&self, request: &Request, by: By<ForPolicy>) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let current = operator.policies().await?;
        Ok(answer(Written(current.policy.clone()), &current))
    }
}

impl Operation for GetPolicy {
    type Data = Written;

    const SUCCESS: &'static str = "The policy";
    const HEADERS: &'static [Header] = HEADERS;

    fn refusals() -> Vec<Problem> {
        vec![Problem::OperatorKeyInvalid, Problem::Forbidden]
    }

    fn example() -> Value {
        example()
    }
}
