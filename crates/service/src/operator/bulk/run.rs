//! Going on with bulk jobs.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::{BulkJobId, Problem, TokenId};

use super::batch::{Batch, Finish};
use super::job::Job;
use crate::change::Authority;
use crate::service::Service;
use crate::service::error::{Error, causes};

/// How often a server looks for a job that another one left.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// After how long without a batch a job was left.
const LEFT_AFTER: Duration = Duration::from_secs(10);
/// How long a batch is to hold the counter row, which other changes wait for. The limit is four
/// times as long (100 ms), because some batches take longer than the one before them.
const HOLD: Duration = Duration::from_millis(25);
/// How many tokens a batch has at first.
const FIRST_BATCH: u64 = 20;
/// How many it has at most, so that its event stays below 64 KiB.
const LARGEST_BATCH: u64 = 100;

impl Service {
    /// Goes on with bulk jobs that this server began, and with those that another one left, until
    /// `shutdown` is ready. What fails is logged and tried again.
    pub async fn run_bulk_jobs(&self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        loop {
            let work = async {
                if let Err(error) = self.go_on_with_bulk_job().await {
                    tracing::warn!(cause = %causes(&error), "a bulk job could not go on");
                }
                let begun = self.inner.bulk.next();
                // One of both is enough.
                drop(tokio::time::timeout(LOOK_EVERY, begun).await);
            };
            tokio::select! {
                () = &mut shutdown => return,
                () = work => {}
            }
        }
    }

    /// Goes on with the job that was started last, if it is this server's or was left.
    async fn go_on_with_bulk_job(&self) -> Result<(), Error> {
        let job = Job::last(self.store(), self.roots()).await?;
        let Some(job) = job.filter(|job| job.finished_at.is_none()) else {
            return Ok(());
        };
        let is_own = self.inner.bulk.has_begun(job.id);
        if !is_own && self.now().since(job.moved_at) < LEFT_AFTER {
            return Ok(());
        }
        self.finish_bulk_job(job.id, |_, _| {}).await
    }

    /// Goes on with a job until it is over. `told` gets how many tokens are done, and of how many.
    ///
    /// # Errors
    /// Those of changes. The job can go on afterwards.
    pub async fn finish_bulk_job(
        &self,
        id: BulkJobId,
        told: impl Fn(u64, u64) + Send,
    ) -> Result<(), Error> {
        let mut size = FIRST_BATCH;
        loop {
            let job = Job::load(self.store(), self.roots(), id).await?;
            let job = job.ok_or(Problem::TokenNotFound)?;
            told(job.done, job.count);
            if job.finished_at.is_some() {
                return Ok(());
            }
            let tokens = self.store().tokens();
            // Without the lock of changes: where few tokens pass, this looks at many.
            let ids = tokens.matching(&job.query, job.as_of, job.after, None, size);
            let ids = ids.await?;
            if ids.is_empty() {
                self.end_bulk_job(id, None).await?;
                continue;
            }
            match self.revoke_batch(&job, ids).await {
                Ok(held) => {
                    let held_us = u64::try_from(held.as_micros()).unwrap_or(u64::MAX);
                    tracing::debug!(%id, size, held_us, "a batch of a bulk job is over");
                    size = next_size(size, held);
                }
                Err(Error::Refused(Problem::Forbidden | Problem::OperatorKeyInvalid)) => {
                    self.end_bulk_job(id, Some("authority")).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn revoke_batch(&self, job: &Job, ids: Vec<TokenId>) -> Result<Duration, Error> {
        let batch = Batch {
            id: job.id,
            after: job.after,
            ids,
            clock: Arc::clone(&self.inner.changes.clock),
        };
        // Whoever asks how far the job came waits until that holds everywhere; the next batch does
        // not.
        let (held, _) = self
            .inner
            .changes
            .run(Authority::Job(job.actor), batch)
            .await?;
        Ok(held)
    }

    async fn end_bulk_job(
        &self,
        id: BulkJobId,
        stopped: Option<&'static str>,
    ) -> Result<(), Error> {
        let finish = Finish { id, stopped };
        self.change(Authority::System, finish).await
    }
}

/// How many tokens the next batch has, after one of `size` held the counter row for so long.
fn next_size(size: u64, held: Duration) -> u64 {
    let fits = if held.is_zero() {
        f64::INFINITY
    } else {
        HOLD.as_secs_f64() / held.as_secs_f64()
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few hundred, rounded down"
    )]
    let next = (size as f64 * fits) as u64;
    // It grows by steps, because one quick batch does not make the next one quick.
    let most = size + size / 2 + 1;
    next.clamp(1, most.min(LARGEST_BATCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_fit_the_time_that_others_may_be_kept_waiting() {
        let held = Duration::from_millis;
        assert_eq!(next_size(20, held(0)), 31);
        assert_eq!(next_size(20, held(5)), 31, "it grows by steps");
        assert_eq!(next_size(20, held(20)), 25);
        assert_eq!(next_size(80, held(100)), 20);
        assert_eq!(next_size(1, held(5)), 2, "also from one");
        assert_eq!(next_size(1, held(9_000)), 1, "it always goes on");
        assert_eq!(next_size(LARGEST_BATCH, held(1)), LARGEST_BATCH);
    }
}
