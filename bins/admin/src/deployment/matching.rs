//! Revoking many tokens, at the database or over the interface.

use std::time::Duration;

use ats_pat_domain::list::TokenQuery;
use ats_pat_service::{BulkJobView, Error, MatchingTokens};
use serde_json::{Value, json};

use super::answers::{Job, Matching};
use super::{Api, Deployment, operator};
use crate::failure::Failure;

const PATH: &str = "personalaccesstoken/revokeMatching";
const USER_NOT_FOUND: u32 = 1310;
/// How often the interface is asked how far a job came.
const ASK_EVERY: Duration = Duration::from_millis(500);

impl Deployment {
    /// The active tokens that match.
    pub async fn matching_tokens(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<MatchingTokens, Failure> {
        match self {
            Self::Database(opened) => Ok(operator(opened).matching_tokens(owner, query).await?),
            Self::Api(api) => {
                let found = api.matching(&filter(owner, &query), None, owner).await?;
                let sample = found.sample.into_iter().flatten();
                Ok(MatchingTokens {
                    count: found.count,
                    sample: sample.map(Into::into).collect(),
                })
            }
        }
    }

    /// Revokes them, if they are `confirmed`, and waits until that is over. `told` gets how many
    /// are done, and of how many.
    pub async fn revoke_matching(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
        confirmed: u64,
        told: impl Fn(u64, u64) + Send,
    ) -> Result<BulkJobView, Failure> {
        match self {
            Self::Database(opened) => {
                let operator = operator(opened);
                let job = operator.revoke_matching(owner, query, confirmed).await?;
                opened.service.finish_bulk_job(job.job_id, told).await?;
                Ok(operator.bulk_job(&job.job_id.to_string()).await?)
            }
            Self::Api(api) => {
                let filter = filter(owner, &query);
                let begun = api.matching(&filter, Some(confirmed), owner).await?;
                let Some(id) = begun.job_id else {
                    return Err(Failure::UnexpectedAnswer { status: 200 });
                };
                loop {
                    let job: Job = api.get(&format!("{PATH}/{id}"), &[]).await?;
                    let job = BulkJobView::from(job);
                    told(job.done, job.count);
                    if job.finished_at.is_some() {
                        return Ok(job);
                    }
                    tokio::time::sleep(ASK_EVERY).await;
                }
            }
        }
    }
}

impl Api {
    async fn matching(
        &self,
        filter: &Value,
        confirmed: Option<u64>,
        owner: Option<&str>,
    ) -> Result<Matching, Failure> {
        let body = json!({"Filter": filter, "ConfirmCount": confirmed});
        let found: Result<Matching, _> = self.post(PATH, Some(&body)).await;
        found.map_err(|failure| match (failure.code(), owner) {
            (Some(USER_NOT_FOUND), Some(name)) => {
                let name = name.to_owned();
                Error::UserNotFound { name }.into()
            }
            _ => failure,
        })
    }
}

fn filter(owner: Option<&str>, query: &TokenQuery) -> Value {
    json!({
        "Owner": owner,
        "Search": query.search,
        "UnusedForDays": query.unused_for_days,
        "CreatedBefore": query.created_before.map(|at| at.to_string()),
        "ExpiresBefore": query.expires_before.map(|at| at.to_string()),
        "Scope": query.scope,
    })
}
