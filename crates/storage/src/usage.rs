//! When tokens were last used.

use std::collections::BTreeMap;

use ats_pat_domain::TokenId;
use ats_pat_domain::port::{StoreError, UsageRecord};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait, Func, OnConflict, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::channel::Channel;
use crate::entity::token_usage::{Column, Entity};
use crate::failure::store_error;

/// The latest use of each token, in the order of ids. So two servers that write at once take their
/// locks in the same order.
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

/// The maximum number of rows in one statement.
const MOST_ROWS: usize = 128;

/// Splits these uses into parts of few lengths, because each length is another statement to
/// prepare.
pub(crate) fn parts<'a, 'b>(
    uses: &'a [&'b UsageRecord],
) -> impl Iterator<Item = &'a [&'b UsageRecord]> {
    let mut rest = uses;
    std::iter::from_fn(move || {
        let length = (rest.len() + 1).next_power_of_two() / 2;
        let part;
        (part, rest) = rest.split_at(length.min(MOST_ROWS));
        (!part.is_empty()).then_some(part)
    })
}

/// Records the uses of different tokens, each unless a later one is already recorded.
pub(crate) async fn record(channel: &Channel, uses: &[&UsageRecord]) -> Result<(), StoreError> {
    let backend = channel.get_database_backend();
    let new = |column: Column| -> SimpleExpr {
        match backend {
            DbBackend::MySql => Func::cust("VALUES").arg(Expr::col(column)).into(),
            _ => Expr::col(("excluded", column)),
        }
    };
    let newer = |column: Column| -> SimpleExpr {
        let is_newer = Expr::col((Entity, Column::LastUsedAt)).lt(new(Column::LastUsedAt));
        CaseStatement::new()
            .case(is_newer, new(column))
            .finally(Expr::col((Entity, column)))
            .into()
    };
    // MySQL assigns from left to right, so the address is decided while the old time is still
    // there.
    let on_conflict = OnConflict::column(Column::TokenId)
        .value(Column::LastUsedFrom, newer(Column::LastUsedFrom))
        .value(Column::LastUsedAt, newer(Column::LastUsedAt))
        .to_owned();
    let mut upsert = Query::insert();
    upsert
        .into_table(Entity)
        .columns([Column::TokenId, Column::LastUsedAt, Column::LastUsedFrom]);
    for one in uses {
        upsert.values_panic([
            one.token_id.as_uuid().into(),
            one.used_at.as_millis().into(),
            one.used_from.clone().into(),
        ]);
    }
    let upsert = upsert.on_conflict(on_conflict);
    channel.execute(&*upsert).await.map_err(store_error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ats_pat_domain::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn parts_have_few_lengths_and_lack_nothing() {
        let used = |number| UsageRecord {
            token_id: TokenId::from_uuid(Uuid::from_u128(number)),
            used_at: Timestamp::from_millis(0),
            used_from: String::new(),
        };
        let uses: Vec<_> = (0..300).map(used).collect();
        let uses: Vec<_> = uses.iter().collect();
        let lengths = |uses| parts(uses).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(lengths(&uses), [128, 128, 32, 8, 4]);
        assert_eq!(lengths(&uses[..7]), [4, 2, 1]);
        assert_eq!(lengths(&[]), [0; 0]);
        assert_eq!(parts(&uses).collect::<Vec<_>>().concat().len(), 300);
    }
}
