//! Tokens that regenerate themselves, and secrets that are used after their end.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::schema::{big_integer, boolean};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::nullable;

/// Adds the time until which a token may regenerate itself, its expiry with an unconfirmed secret,
/// the mark of a replaced secret that may still revoke, and the time when an ended secret was used.
/// The tags of rows without these values do not change. No tag covers the last one.
pub struct SelfRegenerate;

impl MigrationName for SelfRegenerate {
    fn name(&self) -> &'static str {
        "m0009_self_regenerate"
    }
}

#[async_trait]
impl MigrationTrait for SelfRegenerate {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "tokens", big_integer("regenerates_until")).await?;
        add(manager, "tokens", big_integer("reused_at")).await?;
        add(manager, "secrets", big_integer("renews_until")).await?;
        add(manager, "secrets", boolean("may_revoke")).await
    }
}

/// A migration that died is repeated.
async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: ColumnDef,
) -> Result<(), DbErr> {
    if manager.has_column(table, column.get_column_name()).await? {
        return Ok(());
    }
    let add = Table::alter()
        .table(table)
        .add_column(nullable(column))
        .take();
    manager.alter_table(add).await
}
