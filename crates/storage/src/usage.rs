//! When tokens were last used.

use std::collections::BTreeMap;

use ats_pat_domain::TokenId;
use ats_pat_domain::port::{StoreError, UsageRecord};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, OnConflict, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, Value};

use crate::channel::Channel;
use crate::entity::token_usage::{Column, Entity};
use crate::failure::store_error;

/// The latest use of each token, in id order: two servers that write at once take their locks in the same
/// order.
pub(crate) fn latest(uses: &[UsageRecord]) -> BTreeMap<TokenId, &UsageRecord> {
    let mut latest: BTreeMap<TokenId, &UsageRecord> = BTreeMap::new();
    for one in uses {
        let entry = latest.entry(one.token_id).or_insert(one);
        if entry.used_at < one.used_at {
            *entry = one;
        }
    }
    latest
}

/// Notes a use, unless a later one is noted already.
pub(crate) async fn record(channel: &Channel, one: &UsageRecord) -> Result<(), StoreError> {
    let used_at = one.used_at.as_millis();
    let newer = |column: Column, value: Value| -> SimpleExpr {
        CaseStatement::new()
            .case(
                Expr::col((Entity, Column::LastUsedAt)).lt(used_at),
                Expr::val(value),
            )
            .finally(Expr::col((Entity, column)))
            .into()
    };
    // MySQL assigns from left to right: the address is decided while the old time still stands.
    let on_conflict = OnConflict::column(Column::TokenId)
        .value(
            Column::LastUsedFrom,
            newer(Column::LastUsedFrom, one.used_from.clone().into()),
        )
        .value(
            Column::LastUsedAt,
            newer(Column::LastUsedAt, used_at.into()),
        )
        .to_owned();
    let upsert = Query::insert()
        .into_table(Entity)
        .columns([Column::TokenId, Column::LastUsedAt, Column::LastUsedFrom])
        .values_panic([
            one.token_id.as_uuid().into(),
            used_at.into(),
            one.used_from.clone().into(),
        ])
        .on_conflict(on_conflict)
        .take();
    channel.execute(&upsert).await.map_err(store_error)?;
    Ok(())
}
