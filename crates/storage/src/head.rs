//! The counter row: number and hash of the last event.

use ats_pat_domain::event::Head;
use ats_pat_domain::port::StoreError;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::channel::Channel;
use crate::entity::event_head;
use crate::failure::store_error;
use crate::row::{columns, corrupt, fixed, part};

/// The id of the one row.
pub(crate) const HEAD: i32 = 1;

/// The prefix that [`head_columns`] puts before the names of the columns.
pub(crate) const HEAD_PREFIX: &str = "h_";

pub(crate) async fn read_head(
    channel: &Channel,
    select: &SelectStatement,
) -> Result<Head, StoreError> {
    let row = channel.query_one(select).await.map_err(store_error)?;
    head(&row.ok_or_else(|| corrupt("event_head"))?, HEAD_PREFIX)
}

/// The head in a row whose columns are named with `prefix`.
pub(crate) fn head(row: &QueryResult, prefix: &str) -> Result<Head, StoreError> {
    part::<event_head::Model>(row, prefix)?.try_into()
}

impl TryFrom<event_head::Model> for Head {
    type Error = StoreError;

    fn try_from(model: event_head::Model) -> Result<Self, StoreError> {
        Ok(Self {
            seq: model.seq,
            hash: fixed(&model.hash, "event_head.hash")?,
        })
    }
}

/// Adds the columns of the counter row to a select. The select must find the row by [`is_head`].
pub(crate) fn head_columns(select: &mut SelectStatement) {
    columns(select, event_head::Entity, HEAD_PREFIX);
}

/// Whether a row is the counter row.
pub(crate) fn is_head() -> Expr {
    Expr::col((event_head::Entity, event_head::Column::Id)).eq(HEAD)
}

pub(crate) fn select_head() -> SelectStatement {
    let mut select = Query::select();
    head_columns(&mut select);
    select.from(event_head::Entity).and_where(is_head());
    select
}
