//! Older rows that were put back whole, with their genuine tags. They grant nothing, no later
//! change makes them genuine, and `audit verify` reports them. On every database.

mod calls;
mod rows;
mod service;
mod sessions;
mod tokens;
mod users;

pub use rows::{copy, put_back, services};
