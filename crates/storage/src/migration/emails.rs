//! The e-mail addresses of users.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::string_len;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::nullable;

const TABLE: &str = "users";
const EMAIL: &str = "email";

/// Adds the e-mail address of a user. The tag of a user without one does not change.
pub struct Emails;

impl MigrationName for Emails {
    fn name(&self) -> &'static str {
        "m0014_emails"
    }
}

#[async_trait]
impl MigrationTrait for Emails {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A migration that died is repeated.
        if manager.has_column(TABLE, EMAIL).await? {
            return Ok(());
        }
        let column = nullable(string_len(EMAIL, 254));
        let add = Table::alter().table(TABLE).add_column(column).take();
        manager.alter_table(add).await
    }
}
