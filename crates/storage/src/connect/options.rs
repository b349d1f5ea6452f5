//! What is said of a database before it is opened.

use std::time::Duration;

use super::Tls;

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// The most connections at once, besides those on which changes wait for their turn: one to SQLite,
    /// four to a server. To SQLite, the most for what exchanges read, and as many again for the rest; more
    /// than four of either are never opened.
    pub max_connections: u32,
    /// The longest wait for a connection, the making of one included.
    pub acquire_timeout: Duration,
    /// The longest wait for the answer to one statement. Longer than the servers' own wait for a lock, so
    /// that their answer comes first.
    pub statement_timeout: Duration,
    /// What connections to a server ask of TLS.
    pub tls: Tls,
}

impl Default for OpenOptions {
    /// 16 connections, 5 seconds for one, 15 seconds for an answer, verified TLS beyond this machine.
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(15),
            tls: Tls::default(),
        }
    }
}
