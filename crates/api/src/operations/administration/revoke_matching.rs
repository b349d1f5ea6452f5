//! Revoking all tokens that match a filter, after a preview, and following the job that does it.

use ats_pat_domain::list::TokenQuery;
use ats_pat_domain::problem::{Failure, Reason};
use ats_pat_domain::{BulkJobId, Problem};
use ats_pat_service::{BulkJobView, MatchingTokens};
use poem::Request;
use poem_openapi::{Object, OpenApi};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::token::{OwnedPersonalAccessToken, example_with};
use crate::answer::Answer;
use crate::call::Call;
use crate::example;
use crate::operation::{Body, Data, Operation, Tag};
use crate::refused::Refused;
use crate::request::{By, ForBulk, ForTokens, JsonBody, TokenId, search, time, unused_days};
use crate::schema::Time;

/// Previews the tokens that match a filter, or begins a job that revokes them.
#[derive(Default)]
pub struct RevokeMatchingTokens;

/// Which tokens are revoked.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct RevokeMatchingTokensRequest {
    /// What every one of them has. At least one member.
    pub filter: Option<MatchingTokensFilter>,
    /// How many tokens there were in the preview. Absent, nothing is revoked.
    pub confirm_count: Option<u64>,
}

/// What tokens have in common. What is absent is not asked.
#[derive(Default, Deserialize, Serialize, Object)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
#[oai(rename_all = "PascalCase")]
pub struct MatchingTokensFilter {
    /// The user name of the owner.
    pub owner: Option<String>,
    /// A text in name or description, whatever its case; up to 100 characters.
    pub search: Option<String>,
    /// For how many days nobody used, made or regenerated them: 1 to 36500.
    pub unused_for_days: Option<u32>,
    /// They were created before: RFC 3339.
    pub created_before: Option<String>,
    /// They expire before: RFC 3339.
    pub expires_before: Option<String>,
    /// The name of a scope that they have.
    pub scope: Option<String>,
}

#[OpenApi(tag = "Tag::Administration")]
impl RevokeMatchingTokens {
    /// Revoke all active tokens that match a filter
    ///
    /// Without `ConfirmCount` the answer says how many match, with the first 100 of them, and
    /// nothing is revoked. With it, a job begins that revokes the tokens that match now, if they
    /// are as many; tokens that are made later are not among them. The job goes on after a restart,
    /// and on any server. It stops if whoever began it may no longer revoke. Only one job runs at a
    /// time: another one is refused with 1400. Needs the right `tokens`.
    #[oai(
        path = "/api/administration/personalaccesstoken/revokeMatching",
        method = "post",
        operation_id = "revokeMatchingTokens"
    )]
    async fn revoke(
        &self,
        request: &Request,
        by: By<ForBulk>,
        body: JsonBody<RevokeMatchingTokensRequest>,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        let RevokeMatchingTokensRequest {
            filter,
            confirm_count,
        } = body.0;
        let filter = filter.ok_or_else(|| Problem::validation("Filter", Reason::Required))?;
        let query = filter.query()?;
        let owner = filter.owner.as_deref();
        let answer: MatchingTokensResult = match confirm_count {
            None => operator.matching_tokens(owner, query).await?.into(),
            Some(count) => operator.revoke_matching(owner, query, count).await?.into(),
        };
        Ok(Answer::of(answer))
    }
}

impl MatchingTokensFilter {
    /// The filter as a query, without the owner.
    fn query(&self) -> Result<TokenQuery, Problem> {
        let mut failures = Vec::new();
        let mut failed = |field, reason| failures.push(Failure::new(field, reason));
        // An empty text doesn't count as absent, because the filter would match more tokens than
        // the caller meant.
        for (field, text) in [
            ("Filter.Owner", &self.owner),
            ("Filter.Search", &self.search),
            ("Filter.CreatedBefore", &self.created_before),
            ("Filter.ExpiresBefore", &self.expires_before),
            ("Filter.Scope", &self.scope),
        ] {
            if text.as_deref() == Some("") {
                failed(field, Reason::Empty);
            }
        }
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let query = TokenQuery {
            search: text(&self.search)
                .and_then(|text| noted(search(&text), "Filter.Search", &mut failed)),
            unused_for_days: self
                .unused_for_days
                .and_then(|days| noted(unused_days(days), "Filter.UnusedForDays", &mut failed)),
            created_before: text(&self.created_before)
                .and_then(|text| noted(time(&text), "Filter.CreatedBefore", &mut failed)),
            expires_before: text(&self.expires_before)
                .and_then(|text| noted(time(&text), "Filter.ExpiresBefore", &mut failed)),
            scope: text(&self.scope),
            ..TokenQuery::of(None)
        };
        if failures.is_empty() {
            Ok(query)
        } else {
            Err(Problem::ValidationFailed(failures))
        }
    }
}

/// The value of a field. `None` for a field that can't be read, which is noted as a failure.
fn noted<T>(
    read: Result<T, Reason>,
    field: &'static str,
    failed: &mut impl FnMut(&'static str, Reason),
) -> Option<T> {
    read.map_err(|reason| failed(field, reason)).ok()
}

impl Operation for RevokeMatchingTokens {
    type Data = MatchingTokensResult;

    const SUCCESS: &'static str = "The tokens that match, or the job that revokes them";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::CrossSiteRequest,
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::RecentSignInRequired { minutes: 15 },
            Problem::UnsupportedMediaType,
            Problem::validation("Filter", Reason::Empty),
            Problem::UserNotFound,
            Problem::CountMismatch {
                confirmed: 12,
                current: 13,
            },
            Problem::too_many_requests(30),
        ]
    }

    fn example() -> Value {
        json!({"JobId": null, "Count": 1, "Sample": [example_with(json!({}))]})
    }

    fn body() -> Option<Body> {
        let example = json!({"Filter": {"UnusedForDays": 90}});
        Some(Body {
            parts: &[("MatchingTokensFilter", &[])],
            ..Body::of::<RevokeMatchingTokensRequest>(&["Filter"], example)
        })
    }
}

/// The tokens that match, or the job that revokes them.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct MatchingTokensResult {
    /// The job; `null` for a preview.
    job_id: Option<Uuid>,
    /// How many tokens match.
    count: u64,
    /// The first of them, up to 100; `null` for a job.
    sample: Option<Vec<OwnedPersonalAccessToken>>,
}

impl From<MatchingTokens> for MatchingTokensResult {
    fn from(found: MatchingTokens) -> Self {
        Self {
            job_id: None,
            count: found.count,
            sample: Some(found.sample.into_iter().map(Into::into).collect()),
        }
    }
}

impl From<BulkJobView> for MatchingTokensResult {
    fn from(job: BulkJobView) -> Self {
        Self {
            job_id: Some(job.job_id.as_uuid()),
            count: job.count,
            sample: None,
        }
    }
}

impl Data for MatchingTokensResult {
    const DESCRIPTION: &'static str = "The answer with matching tokens, or with a job.";
}

/// Reads the progress of a job.
#[derive(Default)]
pub struct GetRevocationJob;

#[OpenApi(tag = "Tag::Administration")]
impl GetRevocationJob {
    /// See how far a job came that revokes many tokens
    ///
    /// The answer waits until every server refuses the tokens that it calls done. Needs the right
    /// `tokens`.
    #[oai(
        path = "/api/administration/personalaccesstoken/revokeMatching/:JobId",
        method = "get",
        operation_id = "getRevocationJob"
    )]
    async fn get(
        &self,
        request: &Request,
        by: By<ForTokens>,
        /// The job's id, as the answer has it that began the job.
        #[oai(name = "JobId")]
        id: TokenId,
    ) -> Result<Answer<Self>, Refused> {
        let operator = by.operator(Call::of(request)?)?;
        Ok(Answer::of(operator.bulk_job(&id.0).await?))
    }
}

impl Operation for GetRevocationJob {
    type Data = RevocationJob;

    const SUCCESS: &'static str = "The job";

    fn refusals() -> Vec<Problem> {
        vec![
            Problem::OperatorKeyInvalid,
            Problem::Forbidden,
            Problem::TokenNotFound,
        ]
    }

    fn example() -> Value {
        json!({"JobId": JOB_ID, "Count": 5000, "Done": 1200, "FinishedAt": null})
    }
}

const JOB_ID: &str = example::USER_ID;

/// A job that revokes many tokens.
#[derive(Serialize, Object)]
#[serde(rename_all = "PascalCase")]
#[oai(rename_all = "PascalCase")]
pub struct RevocationJob {
    /// The job's id, with which you ask how far it is.
    job_id: Uuid,
    /// How many tokens it is about.
    count: u64,
    /// How many of them every server refuses.
    done: u64,
    /// When the job was over; `null` while it runs. If fewer are done then, it was stopped.
    finished_at: Option<Time>,
}

impl From<BulkJobView> for RevocationJob {
    fn from(job: BulkJobView) -> Self {
        Self {
            job_id: BulkJobId::as_uuid(job.job_id),
            count: job.count,
            done: job.done,
            finished_at: job.finished_at.map(Time),
        }
    }
}

impl Data for RevocationJob {
    const DESCRIPTION: &'static str = "The answer with a job.";
}
