//! The groups of users.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::text;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::nullable;

const TABLE: &str = "users";
// GROUPS is a reserved word in MySQL.
const MEMBER_OF: &str = "member_of";

/// Adds the groups of a user. The tag of a user without groups does not change.
pub struct Groups;

impl MigrationName for Groups {
    fn name(&self) -> &'static str {
        "m0011_groups"
    }
}

#[async_trait]
impl MigrationTrait for Groups {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A migration that died is repeated.
        if manager.has_column(TABLE, MEMBER_OF).await? {
            return Ok(());
        }
        let column = nullable(text(MEMBER_OF));
        let add = Table::alter().table(TABLE).add_column(column).take();
        manager.alter_table(add).await
    }
}
