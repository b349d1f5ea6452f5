//! The place where rows go.

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;

use super::log::Head;
use super::rows::{Row, Table};

/// Asks for the newest root key.
pub const ROOT_KEY: &str = "SELECT key_id, sealed FROM root_keys ORDER BY key_id DESC LIMIT 1";
/// Asks whether there are no tokens.
pub const NO_TOKENS: &str = "SELECT NOT EXISTS (SELECT * FROM tokens)";
/// Asks for the end of the event log.
pub const HEAD: &str = "SELECT seq, hash FROM event_head";

/// A database that takes many rows.
pub trait Target {
    /// The newest root key as it is stored: its number and its sealed bytes.
    async fn root_key(&mut self) -> Result<(i32, Vec<u8>)>;
    /// Whether there are no tokens yet.
    async fn is_empty(&mut self) -> Result<bool>;
    /// The end of the event log.
    async fn head(&mut self) -> Result<Head>;
    /// Sets the end of the event log.
    async fn set_head(&mut self, head: &Head) -> Result<()>;
    /// Prepares for many rows: checks of single rows are turned off.
    async fn begin(&mut self) -> Result<()>;
    /// Adds all rows that come, until the channel closes.
    async fn insert(&mut self, table: &Table, rows: mpsc::Receiver<Vec<Row>>) -> Result<()>;
    /// Brings the database into the same state as a service does.
    async fn finish(self) -> Result<()>;
}

/// The end of the event log, as [`HEAD`] answers it.
pub fn head_of((seq, hash): (i64, Vec<u8>)) -> Result<Head> {
    let hash = hash.try_into().ok();
    let hash = hash.context("no hash of the event log's end")?;
    Ok(Head { seq, hash })
}

/// A statement that adds so many rows, with a question mark for each value.
pub fn insert(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    format!(
        "INSERT INTO {} ({}) VALUES {}",
        table.name,
        table.columns.join(", "),
        vec![row.as_str(); rows].join(", ")
    )
}
