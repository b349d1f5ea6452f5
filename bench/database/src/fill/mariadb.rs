//! Many rows for MariaDB.

use anyhow::{Context, Result};
use sqlx::mysql::{MySqlArguments, MySqlConnection};
use sqlx::{Arguments as _, AssertSqlSafe, Connection as _, Executor as _};
use tokio::sync::mpsc;

use super::log::Head;
use super::rows::{Row, Table, Value};
use super::target::{HEAD, NO_TOKENS, ROOT_KEY, Target, head_of, insert};

/// As many rows as one statement takes: with at most 16 columns each, fewer than 65,535 values.
const ROWS_PER_STATEMENT: usize = 1000;

pub struct Mariadb {
    connection: MySqlConnection,
}

impl Mariadb {
    pub async fn open(url: &str) -> Result<Self> {
        Ok(Self {
            connection: MySqlConnection::connect(url).await?,
        })
    }

    async fn execute(&mut self, statement: &str) -> Result<()> {
        self.connection.execute(AssertSqlSafe(statement)).await?;
        Ok(())
    }
}

impl Target for Mariadb {
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
        // References and keys are right by construction.
        self.execute("SET foreign_key_checks = 0").await?;
        self.execute("SET unique_checks = 0").await
    }

    async fn insert(&mut self, table: &Table, mut rows: mpsc::Receiver<Vec<Row>>) -> Result<()> {
        let full = insert(table, ROWS_PER_STATEMENT);
        while let Some(batch) = rows.recv().await {
            let statement = match batch.len() {
                ROWS_PER_STATEMENT => full.clone(),
                fewer => insert(table, fewer),
            };
            let mut arguments = MySqlArguments::default();
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
        // A server does this by itself after some time.
        self.execute("ANALYZE TABLE users, tokens, secrets, status_places, events")
            .await?;
        Ok(self.connection.close().await?)
    }
}

fn add(arguments: &mut MySqlArguments, value: Value) -> Result<()> {
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
