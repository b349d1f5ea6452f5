//! Removing old events and tokens.

use async_trait::async_trait;
use sea_orm::sea_query::Index;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::schema::{big_integer, blob, integer, uuid};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, index, key, table};

const PARTS: &str = "pruning_parts";
const PLACES: &str = "status_places";
const OF_TOKEN: &str = "status_places_token";

/// Makes the tables of what has to be known of removed events, and finds the places of a token. The
/// release before leaves them alone.
pub struct Pruned;

impl MigrationName for Pruned {
    fn name(&self) -> &'static str {
        "m0019_pruned_beside"
    }
}

#[async_trait]
impl MigrationTrait for Pruned {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let prunings = table("prunings", [key(uuid("id")), big_integer("removed_to")]);
        create(manager, prunings, []).await?;
        let mut parts = table(PARTS, [uuid("pruning"), integer("part"), blob("content")]);
        parts.primary_key(&mut Index::create().col("pruning").col("part").take());
        create(manager, parts, []).await?;
        if manager.get_database_backend() == DbBackend::MySql {
            let longer = format!("ALTER TABLE {PARTS} MODIFY content LONGBLOB NOT NULL");
            manager.get_connection().execute_unprepared(&longer).await?;
            // MariaDB made an index for the reference.
            return Ok(());
        }
        if manager.has_index(PLACES, OF_TOKEN).await? {
            return Ok(());
        }
        manager
            .create_index(index(OF_TOKEN, PLACES, ["token_id"]))
            .await
    }
}
