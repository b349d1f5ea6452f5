//! The place where rows go.

use anyhow::Result;
use tokio::sync::mpsc;

use super::log::Head;
use super::rows::{Row, Table};

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
    /// Adds all rows.
    async fn insert(&mut self, table: &Table, rows: mpsc::Receiver<Vec<Row>>) -> Result<()>;
    /// Brings the database into the same state as a service does.
    async fn finish(self) -> Result<()>;
}
