//! Writes exactly one row.

use ats_pat_domain::port::StoreError;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, Insert, IntoActiveModel, UpdateMany};

use crate::channel::Channel;
use crate::claim;
use crate::failure::store_error;

/// Adds one row. [`StoreError::Conflict`] if a unique value of it is taken.
pub(crate) async fn insert<A>(channel: &Channel, row: A) -> Result<(), StoreError>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let rows = Insert::one(row)
        .exec_without_returning(channel)
        .await
        .map_err(store_error)?;
    exactly_one(channel, rows).await
}

/// Changes one row, which `update` names.
pub(crate) async fn update<E: EntityTrait>(
    channel: &Channel,
    update: UpdateMany<E>,
) -> Result<(), StoreError> {
    let updated = update.exec(channel).await.map_err(store_error)?;
    exactly_one(channel, updated.rows_affected).await
}

/// Refuses a write that did not reach exactly one row, and spoils the transaction.
///
/// # Errors
/// [`StoreError::Retryable`] if the database has ended the transaction, [`StoreError::Other`]
/// otherwise.
pub(crate) async fn exactly_one(channel: &Channel, rows: u64) -> Result<(), StoreError> {
    if rows == 1 {
        return Ok(());
    }
    if claim::was_ended(channel).await {
        return Err(claim::ended(channel));
    }
    let error = DbErr::Custom(format!("a write reached {rows} rows instead of one"));
    channel.spoil(&error);
    Err(store_error(error))
}
