//! The claim: what proves that a transaction still is the one that locked the counter row.
//!
//! A change's first statement writes the id of its event into the counter row. Nobody else can see it or write there
//! until the transaction ends. If the database ends the transaction and tells nobody, the id is gone. So an event is
//! inserted only where the id still is (`events.rs`), and a write that reached no row asks for it.

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

/// Only changes know the column: what reads the head does not read it.
pub(crate) const CLAIM: &str = "claim";
/// What the column was called when tags did not say which event wrote a row.
pub(crate) const FORMER_CLAIM: &str = "change_id";

/// Locks the counter row until the transaction ends, writes `change` into it, and reads it.
pub(crate) async fn make(channel: &mut Channel, change: EventId) -> Result<Head, StoreError> {
    let mut update = Query::update();
    update
        .table(Entity)
        .value(Alias::new(CLAIM), Expr::val(change.as_uuid()))
        .and_where(is_head());
    let before = if channel.get_database_backend() == DbBackend::MySql {
        // MySQL knows no RETURNING here.
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

/// Whether the counter row holds `change`, as a condition.
pub(crate) fn is(change: EventId) -> Expr {
    Expr::col((Entity, Alias::new(CLAIM))).eq(change.as_uuid())
}

/// Whether the database has ended the transaction, and nobody was told. Asked also after a statement that failed: what
/// it missed may have been undone with the rest.
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
        // Galera may tell only now. Where it can't be asked (PostgreSQL, after a failure), the failure stands.
        Err(error) => classify(&error) == Class::Retryable,
    }
}

/// Notes that the database has ended the transaction, and says so. What it did is undone.
pub(crate) fn ended(channel: &Channel) -> StoreError {
    let error = DbErr::Custom(ENDED.to_owned());
    channel.spoil(&error);
    store_error(error)
}
