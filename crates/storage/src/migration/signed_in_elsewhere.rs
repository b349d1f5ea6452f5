//! The last sign-ins of users with identities at several providers.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Table;
use sea_orm_migration::schema::text;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::nullable;

const TABLE: &str = "users";
const SIGNED_IN_ELSEWHERE: &str = "signed_in_elsewhere";

/// Adds the last sign-ins at other providers than the last one. The tag of a user with one identity
/// does not change.
pub struct SignedInElsewhere;

impl MigrationName for SignedInElsewhere {
    fn name(&self) -> &'static str {
        "m0017_signed_in_elsewhere"
    }
}

#[async_trait]
impl MigrationTrait for SignedInElsewhere {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A migration that died is repeated.
        if manager.has_column(TABLE, SIGNED_IN_ELSEWHERE).await? {
            return Ok(());
        }
        let column = nullable(text(SIGNED_IN_ELSEWHERE));
        let add = Table::alter().table(TABLE).add_column(column).take();
        manager.alter_table(add).await
    }
}
