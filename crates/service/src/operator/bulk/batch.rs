//! The changes of a bulk job: its start, each batch, its end.

use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::event::EventKind;
use ats_pat_domain::port::{Clock, StoreError};
use ats_pat_domain::{BulkJobId, Problem, TokenId};

use super::job::Job;
use crate::change::{Change, Draft, Taken};
use crate::service::error::Error;
use crate::service::turns::Rank;
use crate::tokens::end_any;

/// After how many seconds a job can be asked for again while another runs.
const ASK_AGAIN_SECONDS: u64 = 30;

/// Begins a job, if no other runs.
pub(super) struct Start {
    pub(super) job: Job,
}

impl Change for Start {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let last = Job::last(draft.read(), draft.roots()).await?;
        if last.is_some_and(|last| last.finished_at.is_none()) {
            return Err(Problem::too_many_requests(ASK_AGAIN_SECONDS).into());
        }
        draft.record(self.job.entry());
        Ok(((), Taken::Nothing))
    }
}

/// Revokes some of a job's tokens.
pub(super) struct Batch {
    pub(super) id: BulkJobId,
    /// How far the job had come when these were looked up.
    pub(super) after: Option<TokenId>,
    /// The next tokens, by id.
    pub(super) ids: Vec<TokenId>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Change for Batch {
    /// How long the counter row was held, but for the commit.
    type Output = Duration;

    async fn apply(&self, draft: &Draft<'_>) -> Result<(Duration, Taken), Error> {
        let begun = self.clock.since_boot();
        let held = || self.clock.since_boot().saturating_sub(begun);
        let job = Job::load(draft.read(), draft.roots(), self.id).await?;
        let job = job.filter(|job| job.finished_at.is_none() && job.after == self.after);
        let (Some(job), Some(last)) = (job, self.ids.last()) else {
            // Another server went on.
            return Ok((held(), Taken::Nothing));
        };
        let tokens = draft.read().tokens();
        let limit = self.ids.len() as u64;
        // Meanwhile one may have been revoked, or have come to life.
        let still = tokens.matching(&job.query, job.as_of, None, Some(&self.ids), limit);
        let mut revoked = Vec::new();
        for id in still.await? {
            let listed = match tokens.by_id(id).await {
                Ok(Some(listed)) => listed,
                // What can't be read grants nothing, and `audit verify` tells of it.
                Ok(None) | Err(StoreError::Corrupt { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            if end_any(draft, listed.token).await? {
                revoked.push(id.to_string());
            }
        }
        draft.record(
            draft
                .entry(EventKind::BulkRevoked, &job.id)
                .detail("Tokens", revoked)
                .detail("After", last.to_string())
                .detail("Done", (job.done + limit).min(job.count))
                .detail("Started", job.started),
        );
        Ok((held(), Taken::Now))
    }
}

/// Ends a job by its last event.
pub(super) struct Finish {
    pub(super) id: BulkJobId,
    /// Why, where tokens are left.
    pub(super) stopped: Option<&'static str>,
}

impl Change for Finish {
    type Output = ();

    fn rank(&self) -> Rank {
        Rank::First
    }

    async fn apply(&self, draft: &Draft<'_>) -> Result<((), Taken), Error> {
        let job = Job::load(draft.read(), draft.roots(), self.id).await?;
        let Some(job) = job.filter(|job| job.finished_at.is_none()) else {
            return Ok(((), Taken::Nothing));
        };
        let done = self.stopped.map_or(job.count, |_| job.done);
        draft.record(
            draft
                .entry(EventKind::BulkFinished, &job.id)
                .detail("Done", done)
                .detail("Started", job.started)
                .detail("Stopped", self.stopped),
        );
        Ok(((), Taken::Nothing))
    }
}
