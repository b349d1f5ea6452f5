//! The schema and its changes.

mod active_tokens;
mod columns;
mod currency;
mod directory;
mod display_names;
mod emails;
mod event_subjects;
mod failure;
mod groups;
mod holder;
mod identities;
mod initial;
mod log;
mod operator_keys;
mod overlap;
mod plan;
mod policy;
mod provider_sign_in;
mod pruned;
mod responsible;
mod self_regenerate;
mod signed_in_elsewhere;
mod status_places;
mod tokens;
mod transactions;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, seaql_migrations};

use crate::database::Database;
use crate::error::MigrationError;
use failure::failed;
use holder::Holder;

pub use plan::PlannedMigration;

/// How the name of a migration ends if programs of the release before can work beside it: it only
/// adds what they leave alone. A program knows nothing of later migrations but their names.
const BESIDE: &str = "_beside";

/// Every migration, in order. A released migration never changes.
struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(initial::Initial),
            Box::new(status_places::StatusPlaces),
            Box::new(transactions::Transactions),
            Box::new(active_tokens::ActiveTokens),
            Box::new(currency::Currency),
            Box::new(display_names::DisplayNames),
            Box::new(event_subjects::EventSubjects),
            Box::new(overlap::Overlap),
            Box::new(self_regenerate::SelfRegenerate),
            Box::new(responsible::Responsible),
            Box::new(groups::Groups),
            Box::new(policy::Policy),
            Box::new(operator_keys::OperatorKeys),
            Box::new(emails::Emails),
            Box::new(identities::Identities),
            Box::new(provider_sign_in::ProviderSignIn),
            Box::new(signed_in_elsewhere::SignedInElsewhere),
            Box::new(directory::Directory),
            Box::new(pruned::Pruned),
        ]
    }
}

/// The state of the schema.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationStatus {
    /// The applied migrations that this program knows.
    pub applied: Vec<String>,
    /// The migrations that [`Database::migrate`] has to apply.
    pub pending: Vec<String>,
    /// Applied by a later release. This program can't use the database.
    pub unknown: Vec<String>,
    /// Applied by a later release too, but they only added something. This program can use the
    /// database beside programs of that release.
    pub beside: Vec<String>,
}

impl MigrationStatus {
    /// Whether this program can use the database as it is.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.unknown.is_empty()
    }

    /// Refuses a database that a later release has changed so that this program can't use it.
    ///
    /// # Errors
    /// [`MigrationError::Newer`].
    pub fn refuse_newer(&self) -> Result<(), MigrationError> {
        refuse(self.unknown.clone())
    }

    /// Refuses a database that a later release has changed in any way. For what must know all of
    /// it: a backup without the new tables would lose them.
    ///
    /// # Errors
    /// [`MigrationError::Newer`].
    pub fn refuse_other_releases(&self) -> Result<(), MigrationError> {
        refuse([&*self.unknown, &self.beside].concat())
    }
}

fn refuse(unknown: Vec<String>) -> Result<(), MigrationError> {
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(MigrationError::Newer { unknown })
    }
}

impl Database {
    /// The state of the schema. Changes nothing, and doesn't need the right to migrate.
    ///
    /// # Errors
    /// [`MigrationError::Failed`].
    pub async fn migration_status(&self) -> Result<MigrationStatus, MigrationError> {
        let connection = self.schema.for_schema();
        status(&SchemaManager::new(&connection), &connection).await
    }

    /// What [`migrate`](Self::migrate) will do. Changes nothing.
    ///
    /// # Errors
    /// [`MigrationError::Failed`], and [`MigrationError::Newer`] if a later release has changed the
    /// database.
    pub async fn migration_plan(&self) -> Result<Vec<PlannedMigration>, MigrationError> {
        let status = self.migration_status().await?;
        status.refuse_newer()?;
        let is_new = status.applied.is_empty();
        let connection = self.schema.for_schema();
        let mut plan = Vec::with_capacity(status.pending.len());
        for name in status.pending {
            let planned = PlannedMigration::of(name, is_new, &connection).await;
            plan.push(planned.map_err(failed)?);
        }
        Ok(plan)
    }

    /// Brings the schema up to date. Returns the names of the migrations that this call applied. If
    /// several programs start at once, one migrates and the others wait for it.
    ///
    /// # Errors
    /// [`MigrationError::Newer`] if a later release has changed the database. Then nothing is
    /// changed.
    pub async fn migrate(&self) -> Result<Vec<String>, MigrationError> {
        let status = self.migration_status().await?;
        status.refuse_newer()?;
        if status.pending.is_empty() {
            return Ok(Vec::new());
        }
        // What is missing may be what the later migrations build on.
        status.refuse_other_releases()?;
        // SeaORM's transactions can leave their connections in any state, so these connections are
        // used for nothing else.
        let apart = self.schema.apart();
        let migrated = match self.schema.backend() {
            DbBackend::Sqlite => in_one_transaction(&apart.for_schema()).await,
            _ => self.migrate_as_holder(&apart.for_schema()).await,
        };
        apart.close().await;
        migrated
    }

    /// For servers. MariaDB commits before and after each change of the schema, so a committed row
    /// says which program migrates.
    async fn migrate_as_holder(
        &self,
        connection: &DatabaseConnection,
    ) -> Result<Vec<String>, MigrationError> {
        let holder = Holder::take(&self.writes, connection).await?;
        let result = tokio::select! {
            result = apply(connection) => result,
            lost = holder.keep() => Err(lost),
        };
        holder.release().await;
        result
    }
}

/// On PostgreSQL, a migration is one transaction. On MariaDB, it can be repeated.
async fn apply(connection: &DatabaseConnection) -> Result<Vec<String>, MigrationError> {
    if connection.get_database_backend() == DbBackend::Postgres {
        return in_one_transaction(connection).await;
    }
    let status = status(&SchemaManager::new(connection), connection).await?;
    status.refuse_other_releases()?;
    Migrator::up(connection, None).await.map_err(failed)?;
    Ok(status.pending)
}

/// For SQLite. The lock on the file keeps other programs out, and is released when the process
/// ends.
async fn in_one_transaction(
    connection: &DatabaseConnection,
) -> Result<Vec<String>, MigrationError> {
    let transaction = immediate(connection).await.map_err(failed)?;
    // Another program may have migrated before this one got the lock.
    let status = status(&SchemaManager::new(&transaction), &transaction).await?;
    status.refuse_other_releases()?;
    Migrator::up(&transaction, None).await.map_err(failed)?;
    transaction.commit().await.map_err(failed)?;
    Ok(status.pending)
}

/// Begins a transaction. On SQLite it may write from its first statement on, because a reader that
/// becomes a writer can't wait for another.
async fn immediate(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    connection
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        })
        .await
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
    let is_beside = |name: &String| name.ends_with(BESIDE);
    (status.beside, status.unknown) = unknown.into_iter().partition(is_beside);
    Ok(status)
}
