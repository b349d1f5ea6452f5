//! The columns that tell a current row from an older one that was put back.

use async_trait::async_trait;
use sea_orm::sea_query::Table;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::schema::{big_integer, blob, integer};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::{create, key, nullable, short_bytes, table};
use crate::claim::{CLAIM, FORMER_CLAIM};

/// Makes room for checkpoints of the event log, and for the tag of the time that a session was last
/// seen. Renames the claim, so that an earlier release can't make a change from here on. The tags
/// of such a release don't say which event wrote a row.
pub struct Currency;

impl MigrationName for Currency {
    fn name(&self) -> &'static str {
        "m0005_currency"
    }
}

#[async_trait]
impl MigrationTrait for Currency {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.has_column("event_head", FORMER_CLAIM).await? {
            let mut alter = Table::alter().table("event_head").to_owned();
            // A migration that died and is repeated adds the former column again.
            if manager.has_column("event_head", CLAIM).await? {
                alter.drop_column(FORMER_CLAIM);
            } else {
                alter.rename_column(FORMER_CLAIM, CLAIM);
            }
            manager.alter_table(alter).await?;
        }
        if !manager.has_column("sessions", "seen_tag").await? {
            let mut seen_tag = nullable(short_bytes("seen_tag"));
            let add = Table::alter()
                .table("sessions")
                .add_column(&mut seen_tag)
                .to_owned();
            manager.alter_table(add).await?;
        }
        let checkpoints = table(
            "checkpoints",
            [key(integer("part")), big_integer("seq"), blob("content")],
        );
        create(manager, checkpoints, []).await?;
        if manager.get_database_backend() == DbBackend::MySql {
            let longer = "ALTER TABLE checkpoints MODIFY content LONGBLOB NOT NULL";
            manager.get_connection().execute_unprepared(longer).await?;
        }
        Ok(())
    }
}
