//! How many tokens have each status. A walk counts them in parts, so that no statement takes long.

use ats_pat_domain::port::{StoreError, TokenCounts};
use ats_pat_domain::{Status, Timestamp, TokenId};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, Query};
use sea_orm::{Condition, ConnectionTrait, IdenStatic, Order, QueryResult};
use uuid::Uuid;

use crate::channel::Channel;
use crate::entity::token::{Column, Entity};
use crate::failure::store_error;
use crate::row::corrupt;
use crate::token_page::has_status;

const ACTIVE: &str = "active";
const EXPIRED: &str = "expired";
const REVOKED: &str = "revoked";
const EXPIRING: &str = "expiring";

/// Counts up to `limit` tokens with ids greater than `after`. Returns the last of these ids too, if
/// there may be more.
pub(crate) async fn read(
    channel: &Channel,
    after: Option<TokenId>,
    limit: u64,
    now: Timestamp,
    soon: Timestamp,
) -> Result<(TokenCounts, Option<TokenId>), StoreError> {
    let id = || Expr::col((Entity, Column::Id));
    let mut later = Condition::all();
    if let Some(after) = after {
        later = later.add(id().gt(after.as_uuid()));
    }
    let mut last = Query::select();
    last.column((Entity, Column::Id))
        .from(Entity)
        .cond_where(later.clone())
        .order_by((Entity, Column::Id), Order::Asc)
        .offset(limit.saturating_sub(1))
        .limit(1);
    let last = channel.query_one(&last).await.map_err(store_error)?;
    let last: Option<Uuid> = last
        .map(|row| row.try_get("", Column::Id.as_str()))
        .transpose()
        .map_err(store_error)?;
    if let Some(last) = last {
        later = later.add(id().lte(last));
    }
    let of = |condition: Condition| Func::count(CaseStatement::new().case(condition, 1));
    let expires_at = Expr::col((Entity, Column::ExpiresAt));
    let expiring = has_status(Status::Active, now).add(expires_at.lt(soon.as_millis()));
    let mut counts = Query::select();
    counts
        .expr_as(of(has_status(Status::Active, now)), ACTIVE)
        .expr_as(of(has_status(Status::Expired, now)), EXPIRED)
        .expr_as(of(has_status(Status::Revoked, now)), REVOKED)
        .expr_as(of(expiring), EXPIRING)
        .from(Entity)
        .cond_where(later);
    let row = channel.query_one(&counts).await.map_err(store_error)?;
    let counts = row.as_ref().map_or(Ok(TokenCounts::default()), counted)?;
    Ok((counts, last.map(TokenId::from_uuid)))
}

fn counted(row: &QueryResult) -> Result<TokenCounts, StoreError> {
    let get = |column: &'static str| {
        let count: i64 = row.try_get("", column).map_err(store_error)?;
        u64::try_from(count).map_err(|_| corrupt(column))
    };
    Ok(TokenCounts {
        active: get(ACTIVE)?,
        expired: get(EXPIRED)?,
        revoked: get(REVOKED)?,
        expiring: get(EXPIRING)?,
    })
}
