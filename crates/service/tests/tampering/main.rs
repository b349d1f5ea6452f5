//! Write access to the database alone grants nothing: planted and altered rows are refused, and
//! `audit verify` finds them. On every database.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod generated;
mod keys;
mod log;
mod pruned;
mod put_back;
mod removal;
mod removing;
mod renewed;
mod rows;
mod running;
mod scene;
