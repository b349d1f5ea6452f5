//! An index that finds the events about one subject.

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::columns::index;

const TABLE: &str = "events";
const SUBJECTS: &str = "events_subject";

/// Makes the index that finds the events about one token. When a token with altered rows is
/// revoked, its events are read while other changes wait, and a log can have tens of millions.
pub struct EventSubjects;

impl MigrationName for EventSubjects {
    fn name(&self) -> &'static str {
        "m0007_event_subjects"
    }
}

#[async_trait]
impl MigrationTrait for EventSubjects {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // MariaDB's index statements don't have IF NOT EXISTS, and a migration that died is
        // repeated.
        if manager.has_index(TABLE, SUBJECTS).await? {
            return Ok(());
        }
        let subjects = index(SUBJECTS, TABLE, ["subject", "seq"]);
        manager.create_index(subjects).await
    }
}
