//! Indexes that find an owner's active tokens without reading those that have ended.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm::sea_query::Index;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::index;

const TABLE: &str = "tokens";
/// The index that finds an owner's active tokens.
const ACTIVE: &str = "tokens_owner_active";
/// The index that finds the active token with a name.
const ACTIVE_NAMES: &str = "tokens_owner_active_name";
/// The index of the first schema. It finds every token with a name, also those that have ended.
const ALL_NAMES: &str = "tokens_owner_name";

/// Makes the indexes for the checks of a new token. Ended tokens stay listed for good, so a check
/// that reads them takes longer with each one.
pub struct ActiveTokens;

impl MigrationName for ActiveTokens {
    fn name(&self) -> &'static str {
        "m0004_active_tokens"
    }
}

#[async_trait]
impl MigrationTrait for ActiveTokens {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // MariaDB's index statements don't have IF NOT EXISTS, and a migration that died is
        // repeated.
        for index in [
            index(ACTIVE, TABLE, ["owner_id", "revoked_at", "expires_at"]),
            index(
                ACTIVE_NAMES,
                TABLE,
                ["owner_id", "name_key", "revoked_at", "expires_at"],
            ),
        ] {
            let name = index.get_index_spec().get_name().unwrap_or_default();
            if !manager.has_index(TABLE, name).await? {
                manager.create_index(index).await?;
            }
        }
        // This comes last, because MariaDB needs such an index at all times for the reference to
        // the owner.
        if manager.has_index(TABLE, ALL_NAMES).await? {
            let drop = Index::drop().name(ALL_NAMES).table(TABLE).to_owned();
            manager.drop_index(drop).await?;
        }
        Ok(())
    }
}
