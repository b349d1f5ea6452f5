//! Rows that can't be what this program wrote, and can't even be read.
//!
//! They are named in the log, and to whoever verifies. Lists leave them out (see `readable`).

use std::collections::BTreeSet;
use std::sync::Arc;

use ats_pat_domain::port::StoreError;
use parking_lot::Mutex;

/// So many are remembered; whoever plants more is known well enough.
const MOST: usize = 1000;

/// The unreadable rows that were met, by table and key.
#[derive(Clone, Default)]
pub(crate) struct Unreadable(Arc<Mutex<BTreeSet<String>>>);

impl Unreadable {
    pub(crate) fn note(&self, row: &str, error: &StoreError) {
        let mut rows = self.0.lock();
        if rows.len() < MOST && rows.insert(row.to_owned()) {
            tracing::error!(row, %error, "a row can't be read, and is left out");
        }
    }

    /// In order, and forgotten: what is still there is met again.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut rows = self.0.lock();
        std::mem::take(&mut *rows).into_iter().collect()
    }
}
