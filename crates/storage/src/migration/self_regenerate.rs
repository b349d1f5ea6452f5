//! Tokens that get new secrets by themselves, and secrets that are used after their end.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::{ColumnDef, Table};
use sea_orm_migration::schema::{big_integer, boolean};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::nullable;

/// Adds until when a token may get new secrets by itself, when it expires with one that is not confirmed, the mark of a
/// replaced secret that may still revoke, and when an ended secret was used. The tags of rows without them are as before;
/// none covers the last.
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
