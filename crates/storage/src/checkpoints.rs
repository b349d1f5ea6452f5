//! The checkpoint of the event log: bytes in parts. Only the service knows their meaning.

use ats_pat_domain::port::StoreError;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

use crate::channel::Channel;
use crate::entity::checkpoint::{ActiveModel, Column, Entity};
use crate::failure::store_error;
use crate::write::insert;

/// The joined parts, if their number is greater than `newer_than`. Parts of two checkpoints don't
/// make a valid one, and the service finds that out.
pub(crate) async fn read(
    channel: &Channel,
    newer_than: i64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let newer = Entity::find()
        .filter(Column::Seq.gt(newer_than))
        .count(channel);
    if newer.await.map_err(store_error)? == 0 {
        return Ok(None);
    }
    let parts = Entity::find()
        .order_by_asc(Column::Part)
        .all(channel)
        .await
        .map_err(store_error)?;
    let whole = parts.into_iter().flat_map(|part| part.content).collect();
    Ok(Some(whole))
}

/// Replaces the stored parts by these.
pub(crate) async fn write(channel: &Channel, seq: i64, parts: &[&[u8]]) -> Result<(), StoreError> {
    Entity::delete_many()
        .exec(channel)
        .await
        .map_err(store_error)?;
    for (number, part) in (1..).zip(parts) {
        let row = ActiveModel {
            part: Set(number),
            seq: Set(seq),
            content: Set(part.to_vec()),
        };
        insert(channel, row).await?;
    }
    Ok(())
}
