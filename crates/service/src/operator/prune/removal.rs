//! Removing the events, a few at a time.

use std::time::Duration;

use crate::ledger::pruned::Pruned;
use crate::service::Service;
use crate::service::error::Error;

/// How many numbers are read at once.
const BATCH: u64 = 10_000;
/// How many events are removed in one transaction.
const AT_ONCE: usize = 250;
/// After each transaction, removing rests this many times as long as it took. Changes go on
/// meanwhile.
const RESTS: u32 = 3;
const SHORTEST_REST: Duration = Duration::from_millis(1);

impl Service {
    /// Removes the events of the last removal that are still there. Returns how many there were.
    pub(crate) async fn finish_removal(&self, pruned: &Pruned) -> Result<u64, Error> {
        let store = self.store();
        let mut at = store.removed_to(pruned.id()).await?;
        if at >= pruned.through.seq {
            return Ok(0);
        }
        let carried = pruned.carried(store, self.roots()).await?;
        let mut kept = carried.kept.reader();
        let mut removed = 0;
        while at < pruned.through.seq {
            let numbers = store.numbers_from(at.saturating_add(1), BATCH).await?;
            let Some(last) = numbers.last() else { break };
            at = pruned.through.seq.min(*last);
            let old: Vec<i64> = numbers
                .into_iter()
                .filter(|seq| pruned.covers(*seq) && kept.at(*seq).is_none())
                .collect();
            for part in old.chunks(AT_ONCE) {
                let begun = self.inner.changes.clock.since_boot();
                store.remove_events(part).await?;
                removed += part.len() as u64;
                let took = self.inner.changes.clock.since_boot().saturating_sub(begun);
                tokio::time::sleep((took * RESTS).max(SHORTEST_REST)).await;
            }
            store.note_removed_to(pruned.id(), at).await?;
        }
        Ok(removed)
    }
}
