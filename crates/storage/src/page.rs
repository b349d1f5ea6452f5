//! Pages: a part of a list and the length of the whole list, by one statement.

use ats_pat_domain::port::StoreError;
use sea_orm::sea_query::{
    Expr, ExprTrait, Func, Query, QueryStatementBuilder as _, SelectStatement, SimpleExpr,
};
use sea_orm::{Condition, ConnectionTrait, DbBackend, EntityTrait, QueryResult};

use crate::channel::Channel;
use crate::failure::store_error;
use crate::row::corrupt;

/// The name of the list's length in each row.
const TOTAL: &str = "total";

/// The part of a list.
pub(crate) struct Slice {
    pub(crate) offset: u64,
    pub(crate) limit: u64,
}

/// The rows of this slice of `select`, among those that pass `filter`, and how many of `entity`
/// pass it.
pub(crate) async fn read<E: EntityTrait>(
    channel: &Channel,
    entity: E,
    mut select: SelectStatement,
    filter: Condition,
    slice: Slice,
) -> Result<(Vec<QueryResult>, u64), StoreError> {
    let length_of_list = select_count(entity, filter.clone()).into_sub_query_statement();
    select
        .expr_as(Expr::from(length_of_list), TOTAL)
        .cond_where(filter.clone())
        .offset(slice.offset)
        .limit(slice.limit);
    let rows = channel.query_all(&select).await.map_err(store_error)?;
    let total = match rows.first() {
        Some(row) => length(row)?,
        None if slice.offset == 0 => 0,
        // After the end of the list, no row has the length.
        None => count(channel, entity, filter).await?,
    };
    Ok((rows, total))
}

/// How many of `entity` pass `filter`.
pub(crate) async fn count<E: EntityTrait>(
    channel: &Channel,
    entity: E,
    filter: Condition,
) -> Result<u64, StoreError> {
    let select = select_count(entity, filter);
    let row = channel.query_one(&select).await.map_err(store_error)?;
    row.as_ref().map_or(Ok(0), length)
}

fn select_count<E: EntityTrait>(entity: E, filter: Condition) -> SelectStatement {
    Query::select()
        .expr_as(Func::count(Expr::val(1)), TOTAL)
        .from(entity)
        .cond_where(filter)
        .take()
}

fn length(row: &QueryResult) -> Result<u64, StoreError> {
    let length: i64 = row.try_get("", TOTAL).map_err(store_error)?;
    u64::try_from(length).map_err(|_| corrupt(TOTAL))
}

/// Whether the bytes of `column` contain the bytes of `text`. It is not a pattern, so nothing needs
/// escaping.
pub(crate) fn holds(backend: DbBackend, column: Expr, text: &str) -> SimpleExpr {
    let text = Expr::val(text.as_bytes().to_vec());
    let position: SimpleExpr = match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("position($1 in $2)", [text, column]),
        DbBackend::MySql => Func::cust("locate").args([text, column]).into(),
        _ => Func::cust("instr").args([column, text]).into(),
    };
    position.gt(0)
}

/// Whether the words of `column`, which single spaces separate, have this one. Case counts.
pub(crate) fn has_word(backend: DbBackend, column: Expr, word: &str) -> SimpleExpr {
    let words: Expr = match backend {
        // Bytes, because collations would fold.
        DbBackend::Postgres => Expr::cust_with_expr("convert_to(' ' || $1 || ' ', 'UTF8')", column),
        DbBackend::MySql => Expr::cust_with_expr("cast(concat(' ', ?, ' ') as binary)", column),
        _ => Expr::cust_with_expr("cast(' ' || ? || ' ' as blob)", column),
    };
    holds(backend, words, &format!(" {word} "))
}
