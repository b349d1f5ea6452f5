//! The options for opening a database.

use std::time::Duration;

use super::Tls;

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOptions {
    /// The maximum number of connections, in addition to those on which changes wait for their
    /// turn: one to SQLite, four to a server. For SQLite it is the maximum for the reads of
    /// exchanges, and as many again for the rest. More than four of either are never opened.
    pub max_connections: u32,
    /// The longest wait for a connection, including making one.
    pub acquire_timeout: Duration,
    /// The longest wait for the answer to one statement. It is longer than the servers' own wait
    /// for a lock, so that the server answers first.
    pub statement_timeout: Duration,
    /// What connections to a server require of TLS.
    pub tls: Tls,
}

impl Default for OpenOptions {
    /// 16 connections, 5 seconds for one, 15 seconds for an answer, verified TLS beyond this
    /// machine.
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(15),
            tls: Tls::default(),
        }
    }
}
