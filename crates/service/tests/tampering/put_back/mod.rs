//! Older rows, put back whole with their genuine tags: they grant nothing, no later change launders
//! them, and `audit verify` tells of them. On every database.

mod calls;
mod rows;
mod service;
mod sessions;
mod tokens;
mod users;

pub use calls::exchange;
pub use rows::{copy, put_back, services};
