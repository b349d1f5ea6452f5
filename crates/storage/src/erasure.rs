//! Erasing what is known of an owner as a person.

use ats_pat_domain::UserId;
use ats_pat_domain::port::StoreError;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::channel::Channel;
use crate::entity::{event, event_personal, token, token_usage};
use crate::failure::store_error;
use crate::row::name_key;

/// How many rows one statement reaches. A list of keys is quick on every database; a condition by
/// another table is not.
const BATCH: u64 = 500;
/// What erased tokens are called.
const ERASED: &str = "erased";

/// Erases names and descriptions of the owner's tokens, the addresses that they were used from, and
/// the personal part of every event about the owner.
pub(crate) async fn erase_details_of(channel: &Channel, owner: UserId) -> Result<(), StoreError> {
    let owner = owner.as_uuid();
    token::Entity::update_many()
        .col_expr(token::Column::Name, Expr::val(ERASED))
        .col_expr(token::Column::NameFolded, Expr::val(ERASED.as_bytes()))
        .col_expr(token::Column::NameKey, Expr::val(name_key(ERASED)))
        .col_expr(token::Column::Description, Expr::val(""))
        .col_expr(
            token::Column::DescriptionFolded,
            Expr::val(Vec::<u8>::new()),
        )
        .filter(token::Column::OwnerId.eq(owner))
        .exec(channel)
        .await
        .map_err(store_error)?;
    erase_addresses(channel, owner).await?;
    erase_personal_parts(channel, owner).await
}

async fn erase_addresses(channel: &Channel, owner: Uuid) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let ids: Vec<Uuid> = token::Entity::find()
            .select_only()
            .column(token::Column::Id)
            .filter(token::Column::OwnerId.eq(owner))
            .filter(token::Column::Id.gt(after))
            .order_by_asc(token::Column::Id)
            .limit(BATCH)
            .into_tuple()
            .all(channel)
            .await
            .map_err(store_error)?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        after = *last;
        token_usage::Entity::update_many()
            .col_expr(token_usage::Column::LastUsedFrom, Expr::val(""))
            .filter(token_usage::Column::TokenId.is_in(ids))
            .exec(channel)
            .await
            .map_err(store_error)?;
    }
}

async fn erase_personal_parts(channel: &Channel, owner: Uuid) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let seqs: Vec<i64> = event::Entity::find()
            .select_only()
            .column(event::Column::Seq)
            .filter(event::Column::Owner.eq(owner))
            .filter(event::Column::Seq.gt(after))
            .order_by_asc(event::Column::Seq)
            .limit(BATCH)
            .into_tuple()
            .all(channel)
            .await
            .map_err(store_error)?;
        let Some(last) = seqs.last() else {
            return Ok(());
        };
        after = *last;
        event_personal::Entity::delete_many()
            .filter(event_personal::Column::Seq.is_in(seqs))
            .exec(channel)
            .await
            .map_err(store_error)?;
    }
}
