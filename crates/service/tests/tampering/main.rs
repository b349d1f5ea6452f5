//! Whoever can only write to the database gets nothing: what was planted or altered is refused, and
//! `audit verify` finds it. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod generated;
mod keys;
mod log;
mod put_back;
mod removal;
mod removing;
mod renewed;
mod rows;
mod running;
mod scene;
