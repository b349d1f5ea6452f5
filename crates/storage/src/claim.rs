//! The claim proves that a transaction is still the one that locked the counter row.
//!
//! A change's first statement writes the id of its event into the counter row. No other transaction
//! can see it or write there until the transaction ends. If the database ends the transaction
//! without telling the program, the id is gone. So an event is inserted only if the id is still
//! there (`events.rs`), and a write that reached no row checks for it.

use ats_pat_domain::EventId;
use ats_pat_domain::event::Head;
use ats_pat_domain::port::StoreError;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query, Returning};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::channel::Channel;
use crate::entity::event_head::{Column, Entity};
use crate::failure::{Class, ENDED, classify, store_error};
use crate::head::{head, is_head, read_head, select_head};
use crate::row::corrupt;

/// Only changes use this column. Reads of the head don't read it.
pub(crate) const CLAIM: &str = "claim";
/// The column's name when tags did not say which event wrote a row.
pub(crate) const FORMER_CLAIM: &str = "change_id";

/// Locks the counter row until the transaction ends, writes `change` into it, and reads it.
pub(crate) async fn make(channel: &mut Channel, change: EventId) -> Result<Head, StoreError> {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Alias::new(CLAIM), Expr::val(change.as_uuid()))
        .and_where(is_head());
    let before = if channel.get_database_backend() == DbBackend::MySql {
        // MySQL doesn't have RETURNING here.
        channel.execute(&update).await.map_err(store_error)?;
        read_head(channel, &select_head()).await?
    } else {
        update.returning(Returning::new().columns([Column::Id, Column::Seq, Column::Hash]));
        let row = channel.query_one(&update).await.map_err(store_error)?;
        head(&row.ok_or_else(|| corrupt("event_head"))?, "")?
    };
    channel.claimed(change);
    Ok(before)
}

/// Whether the counter row has `change`, as a condition.
pub(crate) fn is(change: EventId) -> Expr {
    Expr::col((Entity, Alias::new(CLAIM))).eq(change.as_uuid())
}

/// Whether the database has ended the transaction without telling the program. It is also checked
/// after a failed statement, because the database may have undone the row that the statement
/// missed.
pub(crate) async fn was_ended(channel: &Channel) -> bool {
    let Some(change) = channel.claim() else {
        return false;
    };
    let mut select = Query::select();
    select
        .column((Entity, Column::Id))
        .from(Entity)
        .and_where(is_head())
        .and_where(is(change));
    match channel.look(&select).await {
        Ok(is_there) => !is_there,
        // Galera may report it only now. If it can't be checked (PostgreSQL, after a failure), the
        // failure remains.
        Err(error) => classify(&error) == Class::Retryable,
    }
}

/// Records that the database has ended the transaction, and returns the error for it. The
/// transaction's work is undone.
pub(crate) fn ended(channel: &Channel) -> StoreError {
    let error = DbErr::Custom(ENDED.to_owned());
    channel.spoil(&error);
    store_error(error)
}
