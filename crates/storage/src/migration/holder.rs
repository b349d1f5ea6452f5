//! The right to migrate: one committed row, taken by a conditional update.
//!
//! It needs no clocks and no names. The row has a term, which counts the holders, and a beat, which
//! the holder increases. A waiter that sees the same beat for long takes the next term, by an
//! update that only one waiter can win.

use std::time::Duration;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use sea_orm_migration::SchemaManager;
use sea_orm_migration::schema::{big_integer, boolean, integer};

use super::columns::{create, key, table};
use super::failure::failed;
use crate::channel::Channel;
use crate::entity::migration_holder::{ActiveModel, Column, Entity, Model};
use crate::error::MigrationError;
use crate::failure::{Class, classify, store_error};

/// The id of the one row.
const ROW: i32 = 1;
const BEAT: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(200);
/// A holder that missed ten beats counts as dead.
const STALE: u32 = 50;

/// The right to migrate, until [`Self::release`], or until another program takes the holder for
/// dead.
pub struct Holder<'a> {
    writes: &'a Channel,
    term: i64,
}

impl<'a> Holder<'a> {
    /// Waits for the right.
    pub async fn take(
        writes: &'a Channel,
        schema: &DatabaseConnection,
    ) -> Result<Self, MigrationError> {
        make_row(writes, schema).await?;
        let mut seen: Option<Model> = None;
        let mut unchanged = 0;
        loop {
            let Some(row) = ({
                let row = Entity::find_by_id(ROW).one(writes).await;
                row.map_err(failed)?
            }) else {
                return Err(failed(DbErr::Custom(
                    "migration_holder is empty".to_owned(),
                )));
            };
            let same = seen
                .as_ref()
                .is_some_and(|seen| (seen.term, seen.beat) == (row.term, row.beat));
            unchanged = if same { unchanged + 1 } else { 0 };
            if (!row.held || unchanged >= STALE)
                && let Some(term) = advance(writes, &row).await?
            {
                return Ok(Self { writes, term });
            }
            seen = Some(row);
            tokio::time::sleep(POLL).await;
        }
    }

    /// Increases the beat for as long as it is polled. Returns when another program has taken over.
    pub async fn keep(&self) -> MigrationError {
        loop {
            tokio::time::sleep(BEAT).await;
            let beat = Entity::update_many()
                .col_expr(Column::Beat, Expr::col(Column::Beat).add(1))
                .filter(Column::Id.eq(ROW))
                .filter(Column::Term.eq(self.term))
                .exec(self.writes)
                .await;
            // If a beat fails, it is only missed.
            if beat.is_ok_and(|beat| beat.rows_affected == 0) {
                return MigrationError::TakenOver;
            }
        }
    }

    /// Lets the next program migrate. If this fails, the next one waits until this one counts as
    /// dead.
    pub async fn release(self) {
        let released = Entity::update_many()
            .col_expr(Column::Held, Expr::val(false))
            .filter(Column::Id.eq(ROW))
            .filter(Column::Term.eq(self.term))
            .exec(self.writes)
            .await;
        if let Err(error) = released.map_err(store_error) {
            tracing::warn!(%error, "the right to migrate could not be given back");
        }
    }
}

/// Takes the next term, if nobody else has. Returns its number.
async fn advance(writes: &Channel, row: &Model) -> Result<Option<i64>, MigrationError> {
    let taken = Entity::update_many()
        .col_expr(Column::Term, Expr::val(row.term + 1))
        .col_expr(Column::Beat, Expr::val(row.beat + 1))
        .col_expr(Column::Held, Expr::val(true))
        .filter(Column::Id.eq(ROW))
        .filter(Column::Term.eq(row.term))
        .filter(Column::Beat.eq(row.beat))
        .filter(Column::Held.eq(row.held))
        .exec(writes)
        .await;
    match taken {
        Ok(taken) => Ok((taken.rows_affected == 1).then_some(row.term + 1)),
        // Another program was faster, on another node.
        Err(error) if classify(&error) == Class::Retryable => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

/// Makes the table and its row. Two programs that do this at once can disturb each other. Then the
/// second try finds the table.
async fn make_row(writes: &Channel, schema: &DatabaseConnection) -> Result<(), MigrationError> {
    let mut tries = 5;
    loop {
        match try_make_row(writes, schema).await {
            Ok(()) => return Ok(()),
            Err(error) if tries == 0 => return Err(failed(error)),
            Err(_) => tries -= 1,
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn try_make_row(writes: &Channel, schema: &DatabaseConnection) -> Result<(), DbErr> {
    let holder = table(
        "migration_holder",
        [
            key(integer("id")),
            big_integer("term"),
            big_integer("beat"),
            boolean("held"),
        ],
    );
    create(&SchemaManager::new(schema), holder, []).await?;
    let row = ActiveModel {
        id: Set(ROW),
        term: Set(0),
        beat: Set(0),
        held: Set(false),
    };
    let unless_there = OnConflict::column(Column::Id)
        .do_nothing_on([Column::Id])
        .to_owned();
    Entity::insert(row)
        .on_conflict(unless_there)
        .exec_without_returning(writes)
        .await?;
    Ok(())
}
