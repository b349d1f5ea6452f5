//! The person who is responsible for a service account.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::uuid;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{index, nullable};

const TABLE: &str = "users";
const RESPONSIBLE: &str = "responsible_id";
const BY_RESPONSIBLE: &str = "users_responsible";

/// Adds the person who is responsible for a service account, and the index that finds a person's
/// accounts. The tag of a user without such a person does not change.
pub struct Responsible;

impl MigrationName for Responsible {
    fn name(&self) -> &'static str {
        "m0010_responsible"
    }
}

#[async_trait]
impl MigrationTrait for Responsible {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A migration that died is repeated.
        if !manager.has_column(TABLE, RESPONSIBLE).await? {
            let column = nullable(uuid(RESPONSIBLE));
            let add = Table::alter().table(TABLE).add_column(column).take();
            manager.alter_table(add).await?;
        }
        // MariaDB's index statements don't have IF NOT EXISTS.
        if manager.has_index(TABLE, BY_RESPONSIBLE).await? {
            return Ok(());
        }
        let by_responsible = index(BY_RESPONSIBLE, TABLE, [RESPONSIBLE]);
        manager.create_index(by_responsible).await
    }
}
