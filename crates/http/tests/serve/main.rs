//! The accept loop through real connections.

#![expect(clippy::unwrap_used, reason = "a test that can't be set up has failed")]

mod answers;
mod connections;
mod scene;
mod shutdown;
