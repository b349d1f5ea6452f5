//! Rows that this program can't have written, and can't even read.
//!
//! The log and `audit verify` name them. Lists leave them out (see `readable`).

use std::collections::BTreeSet;
use std::sync::Arc;

use ats_pat_domain::port::StoreError;
use parking_lot::Mutex;

/// The number of rows that are remembered. More would tell nothing new.
const MOST: usize = 1000;

/// The unreadable rows that were found, by table and key.
#[derive(Clone, Default)]
pub(crate) struct Unreadable(Arc<Mutex<BTreeSet<String>>>);

impl Unreadable {
    pub(crate) fn note(&self, row: &str, error: &StoreError) {
        let mut rows = self.0.lock();
        if rows.len() < MOST && rows.insert(row.to_owned()) {
            tracing::error!(row, %error, "a row can't be read, and is left out");
        }
    }

    /// Returns them in order, and forgets them. A row that is still there is found again.
    pub(crate) fn take(&self) -> Vec<String> {
        let mut rows = self.0.lock();
        std::mem::take(&mut *rows).into_iter().collect()
    }
}
