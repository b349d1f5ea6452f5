//! The rows that differ from the event log.

use std::collections::BTreeSet;

use parking_lot::Mutex;

use crate::ledger::currency::Doubt;
use crate::service::security::SECURITY;

/// The most findings that are kept.
const MOST_FINDINGS: usize = 1000;

/// The rows that differ from the event log.
#[derive(Default)]
pub(crate) struct Findings {
    found: Mutex<BTreeSet<String>>,
    /// Rows that were found once. A change may have overtaken the comparison.
    doubts: Mutex<Vec<Doubt>>,
}

impl Findings {
    pub(crate) fn count(&self) -> usize {
        self.found.lock().len()
    }

    pub(super) fn first(&self, most: usize) -> Vec<String> {
        self.found.lock().iter().take(most).cloned().collect()
    }

    /// A sentence for the readiness report and for administrators.
    pub(crate) fn summary(&self) -> String {
        let found = self.found.lock();
        let Some(first) = found.first() else {
            return "agree with the event log".to_owned();
        };
        let count = match found.len() {
            1 => "1 row differs from the event log:".to_owned(),
            more => format!("{more} rows differ from the event log, the first:"),
        };
        format!("{count} {first}; see the log, and run `ats-pat-admin audit verify`")
    }

    pub(super) fn is_met_again(&self, doubt: &Doubt) -> bool {
        let mut doubts = self.doubts.lock();
        if doubts.contains(doubt) {
            return true;
        }
        if doubts.len() < MOST_FINDINGS {
            doubts.push(doubt.clone());
        }
        false
    }

    pub(super) fn note(&self, finding: String) {
        let mut found = self.found.lock();
        if found.len() < MOST_FINDINGS && !found.contains(&finding) {
            tracing::error!(target: SECURITY, finding, "a row differs from the event log");
            found.insert(finding);
        }
    }
}
