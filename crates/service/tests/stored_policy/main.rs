//! The policy in the database: how it is replaced, and that nobody can get rid of it with write
//! access to the database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod altering;
mod existing_tokens;
mod replacing;
mod scene;
