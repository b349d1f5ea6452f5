//! What the programs of operators watch: metrics and health, on a listener of their own.
//!
//! The layers below count what happens to them. This crate gives each figure a name, and writes all
//! of them as Prometheus reads them ([`Operations`]).
//!
//! Invariants held here:
//!
//! - a scrape asks the database nothing, and no request waits for one;
//! - each name starts with `ats_pat_`;
//! - a label has a value from a list that the program knows: never an id, a name, an address or a
//!   secret.
//!
//! It deliberately knows no settings and no signals. The server says when it starts and ends.

mod endpoint;
mod health;
mod metrics;
mod sheet;

pub use endpoint::{Operations, limits};
pub use metrics::Watched;
