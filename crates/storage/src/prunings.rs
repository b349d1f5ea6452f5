//! Removing old events, and what has to be known of them: bytes in parts. Only the service knows
//! their meaning.

use async_trait::async_trait;
use ats_pat_domain::PruningId;
use ats_pat_domain::port::{EventPruning, StoreError};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::channel::Channel;
use crate::database::Database;
use crate::entity::{event, event_personal, pruning, pruning_part};
use crate::failure::store_error;
use crate::write::insert;

#[async_trait]
impl EventPruning for Database {
    async fn keep_carried(&self, id: PruningId, parts: &[&[u8]]) -> Result<(), StoreError> {
        for (number, part) in (1..).zip(parts) {
            let row = pruning_part::ActiveModel {
                pruning: Set(id.as_uuid()),
                part: Set(number),
                content: Set(part.to_vec()),
            };
            let channel = self.transaction().await.map_err(store_error)?;
            insert(&channel, row).await?;
            channel.commit().await.map_err(store_error)?;
        }
        Ok(())
    }

    async fn carried(&self, id: PruningId) -> Result<Vec<u8>, StoreError> {
        let mut whole = Vec::new();
        loop {
            // One at a time: a part fills a statement.
            let next = next_part(&self.reads, id, whole.len()).await?;
            let Some(part) = next else { break };
            whole.push(part);
        }
        Ok(whole.concat())
    }

    async fn forget_carried_but(&self, id: PruningId) -> Result<(), StoreError> {
        let channel = self.transaction().await.map_err(store_error)?;
        let parts = pruning_part::Entity::delete_many()
            .filter(pruning_part::Column::Pruning.ne(id.as_uuid()));
        parts.exec(&channel).await.map_err(store_error)?;
        let progress = pruning::Entity::delete_many().filter(pruning::Column::Id.ne(id.as_uuid()));
        progress.exec(&channel).await.map_err(store_error)?;
        channel.commit().await.map_err(store_error)
    }

    async fn forget_carried(&self, id: PruningId) -> Result<(), StoreError> {
        let channel = self.transaction().await.map_err(store_error)?;
        let parts = pruning_part::Entity::delete_many()
            .filter(pruning_part::Column::Pruning.eq(id.as_uuid()));
        parts.exec(&channel).await.map_err(store_error)?;
        channel.commit().await.map_err(store_error)
    }

    async fn removed_to(&self, id: PruningId) -> Result<i64, StoreError> {
        let found = pruning::Entity::find_by_id(id.as_uuid()).one(&self.reads);
        let found = found.await.map_err(store_error)?;
        Ok(found.map_or(0, |progress| progress.removed_to))
    }

    async fn note_removed_to(&self, id: PruningId, seq: i64) -> Result<(), StoreError> {
        let row = pruning::ActiveModel {
            id: Set(id.as_uuid()),
            removed_to: Set(seq),
        };
        let channel = self.transaction().await.map_err(store_error)?;
        pruning::Entity::insert(row)
            .on_conflict(
                OnConflict::column(pruning::Column::Id)
                    .update_column(pruning::Column::RemovedTo)
                    .to_owned(),
            )
            .exec_without_returning(&channel)
            .await
            .map_err(store_error)?;
        channel.commit().await.map_err(store_error)
    }

    async fn numbers_from(&self, seq: i64, limit: u64) -> Result<Vec<i64>, StoreError> {
        event::Entity::find()
            .select_only()
            .column(event::Column::Seq)
            .filter(event::Column::Seq.gte(seq))
            .order_by_asc(event::Column::Seq)
            .limit(limit)
            .into_tuple()
            .all(&self.reads)
            .await
            .map_err(store_error)
    }

    async fn remove_events(&self, numbers: &[i64]) -> Result<(), StoreError> {
        if numbers.is_empty() {
            return Ok(());
        }
        let channel = self.transaction().await.map_err(store_error)?;
        let these = || numbers.iter().copied();
        event_personal::Entity::delete_many()
            .filter(event_personal::Column::Seq.is_in(these()))
            .exec(&channel)
            .await
            .map_err(store_error)?;
        event::Entity::delete_many()
            .filter(event::Column::Seq.is_in(these()))
            .exec(&channel)
            .await
            .map_err(store_error)?;
        channel.commit().await.map_err(store_error)
    }
}

async fn next_part(
    channel: &Channel,
    id: PruningId,
    known: usize,
) -> Result<Option<Vec<u8>>, StoreError> {
    let number = i32::try_from(known).unwrap_or(i32::MAX).saturating_add(1);
    let part = pruning_part::Entity::find_by_id((id.as_uuid(), number)).one(channel);
    Ok(part.await.map_err(store_error)?.map(|part| part.content))
}
