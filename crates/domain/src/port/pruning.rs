//! Removing old events.

use async_trait::async_trait;

use super::error::StoreError;
use crate::id::PruningId;

/// Removes old events, and keeps what has to be known of them. Only the service knows the meaning
/// of these bytes, and checks them.
#[async_trait]
pub trait EventPruning: Send + Sync {
    /// Stores what has to be known once the events of this removal are gone. Each part is small
    /// enough for a statement, and is a transaction of its own: nothing refers to them yet.
    async fn keep_carried(&self, id: PruningId, parts: &[&[u8]]) -> Result<(), StoreError>;

    /// What was stored for this removal, joined from its parts. Empty if there is nothing.
    async fn carried(&self, id: PruningId) -> Result<Vec<u8>, StoreError>;

    /// Removes what was stored for all other removals.
    async fn forget_carried_but(&self, id: PruningId) -> Result<(), StoreError>;

    /// Removes what was stored for this removal, which did not happen.
    async fn forget_carried(&self, id: PruningId) -> Result<(), StoreError>;

    /// Up to which number the events of this removal are removed. 0 if that is not known.
    async fn removed_to(&self, id: PruningId) -> Result<i64, StoreError>;

    /// Notes up to which number the events of this removal are removed.
    async fn note_removed_to(&self, id: PruningId, seq: i64) -> Result<(), StoreError>;

    /// The numbers of up to `limit` events in order, starting with number `seq`.
    async fn numbers_from(&self, seq: i64, limit: u64) -> Result<Vec<i64>, StoreError>;

    /// Removes these events with their personal details, in one transaction.
    async fn remove_events(&self, numbers: &[i64]) -> Result<(), StoreError>;
}
