//! The jobs that this server began.

use ats_pat_domain::BulkJobId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The jobs that this server began.
#[derive(Default)]
pub(crate) struct BulkJobs {
    own: Mutex<Option<BulkJobId>>,
    begun: Notify,
}

impl BulkJobs {
    /// Notes that this server began a job.
    pub(crate) fn begun(&self, id: BulkJobId) {
        *self.own.lock() = Some(id);
        self.begun.notify_one();
    }

    /// Whether it is the one that this server began last.
    pub(super) fn has_begun(&self, id: BulkJobId) -> bool {
        *self.own.lock() == Some(id)
    }

    /// Waits until this server begins a job.
    pub(super) async fn next(&self) {
        self.begun.notified().await;
    }
}
