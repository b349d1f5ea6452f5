//! Revoking many tokens: a preview, a job, and how far it came.
//!
//! A job is a row of batches, each a change of its own with one event, so that other changes get
//! their turns in between. Any server goes on with it when the one that began it is gone.

mod batch;
mod job;
mod own;
mod run;

use ats_pat_domain::list::{MAX_PAGE_SIZE, TokenQuery};
use ats_pat_domain::operator_key::Right;
use ats_pat_domain::problem::Reason;
use ats_pat_domain::{BulkJobId, Problem, Status, Timestamp};
use serde::Serialize;

use self::batch::Start;
use self::job::Job;
pub(crate) use self::own::BulkJobs;
use super::Operator;
use crate::change::Taken;
use crate::service::error::Error;
use crate::view::OwnedTokenView;

/// How long a job is over before its end needs no wait: by then it holds everywhere.
const HOLDS_AFTER_MILLIS: i64 = 60_000;

/// The active tokens that pass a filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MatchingTokens {
    /// How many there are.
    pub count: u64,
    /// The first of them, in the order that was asked for: up to 100.
    pub sample: Vec<OwnedTokenView>,
}

/// A job and how far it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BulkJobView {
    /// Its id, which its events have.
    pub job_id: BulkJobId,
    /// How many tokens it is about.
    pub count: u64,
    /// How many of them are refused by every server.
    pub done: u64,
    /// When it was over. If fewer are done then, it was stopped.
    pub finished_at: Option<Timestamp>,
}

impl BulkJobView {
    fn new(job: &Job) -> Self {
        Self {
            job_id: job.id,
            count: job.count,
            done: job.done,
            finished_at: job.finished_at,
        }
    }
}

impl Operator<'_> {
    /// The active tokens that pass the filter of `query`, of the user of this name or of everybody:
    /// how many there are, and the first.
    ///
    /// # Errors
    /// [`Problem::ValidationFailed`] for a filter that every token passes;
    /// [`Error::UserNotFound`].
    pub async fn matching_tokens(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<MatchingTokens, Error> {
        self.matching(&self.bulk_query(owner, query).await?).await
    }

    /// The query of the active tokens that pass the filter, with the owner's id.
    async fn bulk_query(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
    ) -> Result<TokenQuery, Error> {
        if owner.is_none() && query.passes_all() {
            return Err(Problem::validation("Filter", Reason::Empty).into());
        }
        Ok(TokenQuery {
            owner: self.owner_called(owner).await?,
            page: 1,
            page_size: MAX_PAGE_SIZE,
            status: Some(Status::Active),
            ..query
        })
    }

    async fn matching(&self, query: &TokenQuery) -> Result<MatchingTokens, Error> {
        let page = self.tokens_of(query.clone()).await?;
        Ok(MatchingTokens {
            count: page.total,
            sample: page.items,
        })
    }

    /// Begins a job that revokes the active tokens that pass the filter now: `confirmed` of them.
    /// Tokens that are made later are not among them, nor those that are used before their turn
    /// where the filter asks for unused ones.
    ///
    /// # Errors
    /// [`Problem::Forbidden`] for an operator key without the right over tokens;
    /// [`Problem::RecentSignInRequired`] for an administrator who signed in too long ago; those of
    /// [`Operator::matching_tokens`]; [`Problem::CountMismatch`] where another number passes, and
    /// [`Problem::TooManyRequests`] while another job runs. Nothing is revoked then.
    pub async fn revoke_matching(
        &self,
        owner: Option<&str>,
        query: TokenQuery,
        confirmed: u64,
    ) -> Result<BulkJobView, Error> {
        self.require(Right::Tokens)?;
        self.require_recent_sign_in().await?;
        let as_of = self.service.now();
        // The owner is looked up once. Between two looks the name could become another's.
        let query = self.bulk_query(owner, query).await?;
        let current = self.matching(&query).await?.count;
        if current != confirmed {
            return Err(Problem::CountMismatch { confirmed, current }.into());
        }
        // What is made from now on was not confirmed.
        let until = Timestamp::from_millis(as_of.as_millis().saturating_add(1));
        let created_before = query
            .created_before
            .map_or(until, |before| before.min(until));
        let query = TokenQuery {
            created_before: Some(created_before),
            ..query
        };
        let id = BulkJobId::new(as_of, self.service.inner.changes.random()?);
        let job = Job::new(id, self.authority.actor(), query, as_of, confirmed);
        let view = BulkJobView::new(&job);
        self.change(Start { job }).await?;
        self.service.inner.bulk.begun(id);
        Ok(view)
    }

    /// How far a job came. What is told as done is refused by every server.
    ///
    /// # Errors
    /// [`Problem::TokenNotFound`] for an unknown one.
    pub async fn bulk_job(&self, id: &str) -> Result<BulkJobView, Error> {
        self.require(Right::Tokens)?;
        let id = id.parse().map_err(|_| Problem::TokenNotFound)?;
        let job = Job::load(self.service.store(), self.service.roots(), id).await?;
        let job = job.ok_or(Problem::TokenNotFound)?;
        let now = self.service.now().as_millis();
        let holds = job
            .finished_at
            .is_some_and(|at| now.saturating_sub(at.as_millis()) > HOLDS_AFTER_MILLIS);
        if !holds && job.done > 0 {
            self.service.inner.cache.settle(Taken::Now).await;
        }
        Ok(BulkJobView::new(&job))
    }
}
