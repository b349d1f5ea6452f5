//! Uses of tokens: collected in memory, written in batches.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ats_pat_domain::TokenId;
use ats_pat_domain::port::UsageRecord;

/// So many parts, so that exchanges at once rarely meet at one lock.
const PARTS: usize = 16;

/// The last use of each token since the last batch.
#[derive(Default)]
pub(crate) struct UsageLog([Mutex<HashMap<TokenId, UsageRecord>>; PARTS]);

impl UsageLog {
    /// Notes a use; an earlier one never takes a later one's place.
    pub(crate) fn note(&self, record: UsageRecord) {
        let part = usize::from(record.token_id.as_uuid().as_bytes()[15]) % PARTS;
        let mut uses = self.0[part].lock().unwrap_or_else(PoisonError::into_inner);
        let last = uses
            .entry(record.token_id)
            .or_insert_with(|| record.clone());
        if last.used_at < record.used_at {
            *last = record;
        }
    }

    /// Takes what was collected, in id order.
    pub(crate) fn take(&self) -> Vec<UsageRecord> {
        let mut uses: Vec<UsageRecord> = self
            .0
            .iter()
            .flat_map(|part| {
                std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner))
                    .into_values()
            })
            .collect();
        uses.sort_by_key(|record| record.token_id);
        uses
    }
}
