//! When tokens were last made, regenerated or used.

use ats_pat_domain::port::{SignOfLife, StoreError};
use ats_pat_domain::{Timestamp, TokenId, UserId};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, IdenStatic, Order, QueryResult, TryGetable};

use crate::channel::Channel;
use crate::entity::token::{Column, Entity};
use crate::entity::token_usage;
use crate::failure::store_error;
use crate::readable::readable;

/// For up to `limit` tokens with ids greater than `after`, by id.
pub(crate) async fn read(
    channel: &Channel,
    after: Option<TokenId>,
    limit: u64,
) -> Result<Vec<SignOfLife>, StoreError> {
    let of_it =
        Expr::col((token_usage::Entity, token_usage::Column::TokenId)).equals((Entity, Column::Id));
    let mut select = Query::select();
    select
        .columns([
            (Entity, Column::Id),
            (Entity, Column::OwnerId),
            (Entity, Column::CreatedAt),
            (Entity, Column::RegeneratedAt),
            (Entity, Column::ExpiresAt),
            (Entity, Column::RevokedAt),
        ])
        .columns([
            (token_usage::Entity, token_usage::Column::LastUsedAt),
            (token_usage::Entity, token_usage::Column::LastUsedFrom),
        ])
        .from(Entity)
        .left_join(token_usage::Entity, of_it)
        .order_by((Entity, Column::Id), Order::Asc)
        .limit(limit);
    if let Some(after) = after {
        select.and_where(Expr::col((Entity, Column::Id)).gt(after.as_uuid()));
    }
    let rows = channel.query_all(&select).await.map_err(store_error)?;
    readable::<Entity, _>(channel, &rows, "", |row| sign(row).map(Some))
}

fn sign(row: &QueryResult) -> Result<SignOfLife, StoreError> {
    fn get<T: TryGetable>(row: &QueryResult, column: &str) -> Result<T, StoreError> {
        row.try_get("", column).map_err(store_error)
    }
    fn time(row: &QueryResult, column: &str) -> Result<Option<Timestamp>, StoreError> {
        let millis: Option<i64> = get(row, column)?;
        Ok(millis.map(Timestamp::from_millis))
    }
    let of_token = |column: Column| time(row, column.as_str());
    let created_at = Timestamp::from_millis(get(row, Column::CreatedAt.as_str())?);
    let expires_at = Timestamp::from_millis(get(row, Column::ExpiresAt.as_str())?);
    let regenerated_at = of_token(Column::RegeneratedAt)?;
    let used_at = time(row, token_usage::Column::LastUsedAt.as_str())?;
    let signs = [regenerated_at, used_at].into_iter().flatten();
    let ended_at = of_token(Column::RevokedAt)?.unwrap_or(expires_at);
    Ok(SignOfLife {
        token_id: TokenId::from_uuid(get(row, Column::Id.as_str())?),
        owner_id: UserId::from_uuid(get(row, Column::OwnerId.as_str())?),
        last: signs.fold(created_at, Timestamp::max),
        ends_at: Timestamp::min(ended_at, expires_at),
        last_used_from: get(row, token_usage::Column::LastUsedFrom.as_str())?,
    })
}
