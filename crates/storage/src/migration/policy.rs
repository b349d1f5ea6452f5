//! The policy that is kept in the database.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::schema::{integer, text};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, key, short_bytes, table};

/// Makes the table. Until a policy is in it, the policy of the settings counts.
pub struct Policy;

impl MigrationName for Policy {
    fn name(&self) -> &'static str {
        "m0012_policy"
    }
}

#[async_trait]
impl MigrationTrait for Policy {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let policy = table(
            "policy",
            [
                key(integer("id")),
                text("document"),
                integer("key_id"),
                short_bytes("tag"),
            ],
        );
        create(manager, policy, []).await
    }
}
