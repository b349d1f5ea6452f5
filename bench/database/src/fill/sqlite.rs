//! Many rows for SQLite.

use anyhow::{Context, Result};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::sync::mpsc;

use super::log::Head;
use super::rows::{Row, Table, Value};
use super::target::{HEAD, NO_TOKENS, ROOT_KEY, Target, head_of, insert};

/// So few rows that a statement of SQLite can have their values, for every table.
const ROWS_PER_STATEMENT: usize = 1000;

pub struct Sqlite {
    connection: SqliteConnection,
    /// The statements that make the indexes which were dropped for the filling.
    indexes: Vec<String>,
}

impl Sqlite {
    pub async fn open(url: &str) -> Result<Self> {
        let options: SqliteConnectOptions = url.parse()?;
        let connection = options
            .create_if_missing(false)
            // A file that was not filled completely is thrown away.
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .foreign_keys(false)
            .pragma("cache_size", "-1000000")
            .pragma("temp_store", "MEMORY")
            .connect()
            .await?;
        Ok(Self {
            connection,
            indexes: Vec::new(),
        })
    }

    async fn execute(&mut self, statement: &str) -> Result<()> {
        self.connection.execute(AssertSqlSafe(statement)).await?;
        Ok(())
    }
}

impl Target for Sqlite {
    async fn root_key(&mut self) -> Result<(i32, Vec<u8>)> {
        let found = sqlx::query_as(ROOT_KEY).fetch_one(&mut self.connection);
        found.await.context("no root key")
    }

    async fn is_empty(&mut self) -> Result<bool> {
        Ok(sqlx::query_scalar(NO_TOKENS)
            .fetch_one(&mut self.connection)
            .await?)
    }

    async fn head(&mut self) -> Result<Head> {
        let found = sqlx::query_as(HEAD).fetch_one(&mut self.connection);
        head_of(found.await.context("no event log")?)
    }

    async fn set_head(&mut self, head: &Head) -> Result<()> {
        sqlx::query("UPDATE event_head SET seq = ?, hash = ?")
            .bind(head.seq)
            .bind(head.hash.to_vec())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn begin(&mut self) -> Result<()> {
        let indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL \
            AND tbl_name IN ('events', 'tokens', 'secrets', 'status_places')";
        let indexes: Vec<(String, String)> = sqlx::query_as(indexes)
            .fetch_all(&mut self.connection)
            .await?;
        for (name, statement) in indexes {
            self.execute(&format!("DROP INDEX \"{name}\"")).await?;
            self.indexes.push(statement);
        }
        self.execute("BEGIN").await
    }

    async fn insert(&mut self, table: &Table, mut rows: mpsc::Receiver<Vec<Row>>) -> Result<()> {
        let full = insert(table, ROWS_PER_STATEMENT);
        while let Some(batch) = rows.recv().await {
            let statement = match batch.len() {
                ROWS_PER_STATEMENT => full.clone(),
                fewer => insert(table, fewer),
            };
            let mut arguments = SqliteArguments::default();
            for value in batch.into_iter().flatten() {
                add(&mut arguments, value)?;
            }
            sqlx::query_with(AssertSqlSafe(statement), arguments)
                .execute(&mut self.connection)
                .await?;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<()> {
        self.execute("COMMIT").await?;
        for statement in std::mem::take(&mut self.indexes) {
            self.execute(&statement).await?;
        }
        self.execute("PRAGMA journal_mode = WAL").await?;
        self.execute("PRAGMA synchronous = FULL").await?;
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        Ok(self.connection.close().await?)
    }
}

fn add(arguments: &mut SqliteArguments, value: Value) -> Result<()> {
    let added = match value {
        Value::Uuid(uuid) => arguments.add(uuid.into_bytes().to_vec()),
        Value::Bytes(bytes) => arguments.add(bytes),
        Value::Text(text) => arguments.add(text),
        Value::Number(number) => arguments.add(number),
        Value::Flag(flag) => arguments.add(flag),
        Value::Null => arguments.add(None::<i64>),
    };
    added.map_err(anyhow::Error::from_boxed)
}
