//! Secrets whose first use ends the previous one.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::boolean;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::nullable;

const TABLE: &str = "secrets";
const ENDS_OVERLAP: &str = "ends_overlap";

/// Adds the mark of a secret whose first exchange ends the one in overlap. The tag of a secret
/// without the mark does not change.
pub struct Overlap;

impl MigrationName for Overlap {
    fn name(&self) -> &'static str {
        "m0008_overlap"
    }
}

#[async_trait]
impl MigrationTrait for Overlap {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A migration that died is repeated.
        if manager.has_column(TABLE, ENDS_OVERLAP).await? {
            return Ok(());
        }
        let column = nullable(boolean(ENDS_OVERLAP));
        let add = Table::alter().table(TABLE).add_column(column).take();
        manager.alter_table(add).await
    }
}
