//! The schema and its changes.

mod columns;
mod holder;
mod initial;
mod log;
mod status_places;
mod tokens;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, seaql_migrations};

use crate::database::Database;
use crate::error::MigrationError;
use crate::failure::Cause;
use crate::transaction::immediate;
use holder::Holder;

/// Every migration, in order. One that was released is never changed.
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(initial::Initial),
            Box::new(status_places::StatusPlaces),
        ]
    }
}

/// Where the schema stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Done.
    pub applied: Vec<String>,
    /// To be done by [`Database::migrate`].
    pub pending: Vec<String>,
    /// Done by a later release; this program can't use the database.
    pub unknown: Vec<String>,
}

impl MigrationStatus {
    /// Whether the schema is the one that this program knows.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }

    fn refuse_newer(&self) -> Result<(), MigrationError> {
        if self.unknown.is_empty() {
            Ok(())
        } else {
            Err(MigrationError::Newer {
                unknown: self.unknown.clone(),
            })
        }
    }
}

impl Database {
    /// Where the schema stands. Changes nothing, and needs no right to.
    ///
    /// # Errors
    /// [`MigrationError::Failed`].
    pub async fn migration_status(&self) -> Result<MigrationStatus, MigrationError> {
        status(&SchemaManager::new(&self.changes), &self.changes).await
    }

    /// Brings the schema up to date; gives the names of the migrations that this call applied. Of several
    /// programs that start at once, one migrates and the others wait for it.
    ///
    /// # Errors
    /// [`MigrationError::Newer`] for a database that a later release has changed; it is left as it is.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let status = self.migration_status().await?;
        status.refuse_newer()?;
        if status.pending.is_empty() {
            return Ok(Vec::new());
        }
        match self.changes.get_database_backend() {
            DbBackend::Sqlite => self.migrate_in_one_transaction().await,
            _ => self.migrate_as_holder().await,
        }
    }

    /// SQLite: the lock on the file keeps others out, and lets go by itself.
    async fn migrate_in_one_transaction(&self) -> Result<Vec<String>, MigrationError> {
        let transaction = immediate(&self.changes).await.map_err(failed)?;
        // Another program may have migrated before the lock was ours.
        let status = status(&SchemaManager::new(&transaction), &transaction).await?;
        status.refuse_newer()?;
        Migrator::up(&transaction, None).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        Ok(status.pending)
    }

    /// The servers: MariaDB commits before and after each change of the schema, so a row that is committed
    /// says who is at it.
    async fn migrate_as_holder(&self) -> Result<Vec<String>, MigrationError> {
        let holder = Holder::take(self).await?;
        let result = tokio::select! {
            result = self.apply() => result,
            lost = holder.keep() => Err(lost),
        };
        holder.release().await;
        result
    }

    async fn apply(&self) -> Result<Vec<String>, MigrationError> {
        let status = self.migration_status().await?;
        status.refuse_newer()?;
        if self.changes.get_database_backend() == DbBackend::Postgres {
            let transaction = immediate(&self.changes).await.map_err(failed)?;
            Migrator::up(&transaction, None).await.map_err(failed)?;
            transaction.commit().await.map_err(failed)?;
        } else {
            Migrator::up(&self.changes, None).await.map_err(failed)?;
        }
        Ok(status.pending)
    }
}

async fn status<C: ConnectionTrait>(
    manager: &SchemaManager<'_>,
    connection: &C,
) -> Result<MigrationStatus, MigrationError> {
    let is_new = !manager
        .has_table("seaql_migrations")
        .await
        .map_err(failed)?;
    let done = if is_new {
        Vec::new()
    } else {
        let models = seaql_migrations::Entity::find().all(connection).await;
        models.map_err(failed)?
    };
    let mut unknown: Vec<String> = done.into_iter().map(|model| model.version).collect();
    let mut status = MigrationStatus::default();
    for migration in Migrator::migrations() {
        let name = migration.name().to_owned();
        if let Some(place) = unknown.iter().position(|version| *version == name) {
            unknown.swap_remove(place);
            status.applied.push(name);
        } else {
            status.pending.push(name);
        }
    }
    unknown.sort();
    status.unknown = unknown;
    Ok(status)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that `map_err` takes"
)]
fn failed(error: DbErr) -> MigrationError {
    MigrationError::Failed(Box::new(Cause::of(&error)))
}
