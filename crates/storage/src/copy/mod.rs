//! Copies of the whole database: for backups, and for restoring them.
//!
//! A copy is a SQLite file, whatever the database is. So one program verifies every backup, and a
//! backup of one kind of database can be restored into another.

mod failed;
mod rows;
mod users;

use std::path::{Path, PathBuf};

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection};
use sea_orm::{
    AccessMode, ConnectionTrait as _, DatabaseTransaction, DbErr, IsolationLevel, Statement,
    TransactionOptions, TransactionTrait as _,
};

use failed::{not_read, not_written};

use crate::connect::{OpenOptions, Place};
use crate::database::Database;
use crate::error::CopyError;
use crate::failure::Cause;

/// The file of the database at this URL, if it is SQLite.
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let options: SqliteConnectOptions = url.starts_with("sqlite:").then(|| url.parse().ok())??;
    Some(options.get_filename().to_owned())
}

/// The URL of the SQLite database in this file.
pub fn url_of_file(path: &Path) -> String {
    // Characters that a URL would read as an escape or as its query.
    let path = path.display().to_string();
    let path = path.replace('%', "%25").replace('?', "%3F");
    format!("sqlite:{path}")
}

impl Database {
    /// Copies the database, as it is at one moment, into the empty file at `path`. Changes go on
    /// meanwhile.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn copy_to(&self, path: &Path) -> Result<(), CopyError> {
        if let Place::File(own) = &self.place {
            return vacuum(own, path).await.map_err(|error| CopyError::NotRead {
                source: Box::new(Cause::of_sqlx(&error)),
            });
        }
        let copy = Self::open(&url_of_file(path), OpenOptions::default()).await?;
        let copied = async {
            copy.migrate().await?;
            copy.replace_rows_by(self).await
        };
        let copied = copied.await;
        copy.close().await;
        copied
    }

    /// Replaces all rows by those of `from`, in one transaction: it happens as a whole or not at
    /// all. Both have this program's schema: it would lose what a later release has added.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn replace_rows_by(&self, from: &Self) -> Result<(), CopyError> {
        for database in [from, self] {
            database.migration_status().await?.refuse_other_releases()?;
        }
        // SeaORM's transactions can leave their connections in any state, so these connections are
        // used for nothing else.
        let (reads, writes) = (from.schema.apart(), self.schema.apart());
        let copied = async {
            let snapshot = snapshot(from, &reads.for_schema()).await;
            let snapshot = snapshot.map_err(not_read)?;
            let to = writes.for_schema().begin().await.map_err(not_written)?;
            rows::copy_all(&snapshot, &to).await?;
            to.commit().await.map_err(not_written)?;
            snapshot.rollback().await.map_err(not_read)
        };
        let copied = copied.await;
        reads.close().await;
        writes.close().await;
        copied
    }

    /// What SQLite finds wrong in the file: damaged pages, rows that indexes lack, references that
    /// lead nowhere.
    ///
    /// # Errors
    /// [`CopyError::NotRead`].
    pub async fn check_integrity(&self) -> Result<Vec<String>, CopyError> {
        let connection = self.schema.for_schema();
        let ask = |sql: &'static str| {
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            connection.query_all_raw(statement)
        };
        let mut found = Vec::new();
        for row in ask("PRAGMA integrity_check").await.map_err(not_read)? {
            let said: String = row.try_get_by_index(0).map_err(not_read)?;
            if said != "ok" {
                found.push(said);
            }
        }
        for row in ask("PRAGMA foreign_key_check").await.map_err(not_read)? {
            let table: String = row.try_get_by_index(0).map_err(not_read)?;
            found.push(format!("a row of {table} refers to nothing"));
        }
        Ok(found)
    }
}

/// A transaction that sees the database as it is at its first read.
async fn snapshot(
    from: &Database,
    connection: &sea_orm::DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let options = match from.place {
        Place::File(_) => TransactionOptions::default(),
        Place::Server(_) => TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            ..TransactionOptions::default()
        },
    };
    connection.begin_with_options(options).await
}

/// SQLite's own copy: one read transaction. The copy also leaves out what was deleted.
async fn vacuum(from: &Path, to: &Path) -> Result<(), sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(from)
        .create_if_missing(false)
        .disable_statement_logging();
    let mut connection: SqliteConnection = options.connect().await?;
    let quoted = to.display().to_string().replace('\'', "''");
    let copied = sqlx::query(AssertSqlSafe(format!("VACUUM INTO '{quoted}'")))
        .execute(&mut connection)
        .await;
    connection.close().await?;
    copied.map(drop)
}
