//! Many rows for PostgreSQL.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::sync::mpsc;

use super::log::Head;
use super::rows::{Row, Table, Value};
use super::target::{HEAD, NO_TOKENS, ROOT_KEY, Target, head_of};

pub struct Postgres {
    connection: PgConnection,
    /// The statements that make the indexes which were dropped for the filling.
    indexes: Vec<String>,
}

impl Postgres {
    pub async fn open(url: &str) -> Result<Self> {
        Ok(Self {
            connection: PgConnection::connect(url).await?,
            indexes: Vec::new(),
        })
    }

    async fn execute(&mut self, statement: &str) -> Result<()> {
        self.connection.execute(AssertSqlSafe(statement)).await?;
        Ok(())
    }
}

impl Target for Postgres {
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
        sqlx::query("UPDATE event_head SET seq = $1, hash = $2")
            .bind(head.seq)
            .bind(head.hash.to_vec())
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn begin(&mut self) -> Result<()> {
        // References are right by construction. Only a superuser may skip their check.
        self.execute("SET session_replication_role = replica")
            .await?;
        self.execute("SET maintenance_work_mem = '512MB'").await?;
        let indexes = "SELECT i.indexname, i.indexdef FROM pg_indexes i \
            WHERE i.schemaname = current_schema() AND i.tablename IN ('events', 'tokens', 'secrets', 'status_places') \
            AND NOT EXISTS (SELECT * FROM pg_constraint c WHERE c.conname = i.indexname)";
        let indexes: Vec<(String, String)> = sqlx::query_as(indexes)
            .fetch_all(&mut self.connection)
            .await?;
        for (name, statement) in indexes {
            self.execute(&format!("DROP INDEX \"{name}\"")).await?;
            self.indexes.push(statement);
        }
        Ok(())
    }

    async fn insert(&mut self, table: &Table, mut rows: mpsc::Receiver<Vec<Row>>) -> Result<()> {
        let columns = table.columns.join(", ");
        let copy = format!("COPY {} ({columns}) FROM STDIN", table.name);
        let mut copy = self.connection.copy_in_raw(&copy).await?;
        let mut text = String::new();
        while let Some(batch) = rows.recv().await {
            text.clear();
            for row in batch {
                add(&mut text, row);
            }
            copy.send(text.as_bytes()).await?;
        }
        copy.finish().await?;
        Ok(())
    }

    async fn finish(mut self) -> Result<()> {
        for statement in std::mem::take(&mut self.indexes) {
            self.execute(&statement).await?;
        }
        // A server does this by itself after some time.
        self.execute("VACUUM ANALYZE").await?;
        self.execute("CHECKPOINT").await?;
        Ok(self.connection.close().await?)
    }
}

/// One line of COPY's text format. No text here has a character with a special meaning in it.
fn add(text: &mut String, row: Row) {
    for (column, value) in row.into_iter().enumerate() {
        if column > 0 {
            text.push('\t');
        }
        // Writing to a string does not fail.
        let _ = match value {
            Value::Uuid(uuid) => write!(text, "{uuid}"),
            Value::Bytes(bytes) => hex(text, &bytes),
            Value::Text(value) => write!(text, "{value}"),
            Value::Number(number) => write!(text, "{number}"),
            Value::Flag(flag) => write!(text, "{flag}"),
            Value::Null => write!(text, "\\N"),
        };
    }
    text.push('\n');
}

fn hex(text: &mut String, bytes: &[u8]) -> std::fmt::Result {
    text.push_str("\\\\x");
    bytes.iter().try_for_each(|byte| write!(text, "{byte:02x}"))
}
