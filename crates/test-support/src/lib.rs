//! What tests share: a clock that they own, private databases, a proxy that loses answers, a
//! service over all of these, a browser, and one conformance suite that every database runs.
//!
//! Used from `tests/` folders only: a unit test inside `ats-pat-domain` would see two of each
//! trait.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that can't be set up has failed"
)]

pub mod browser;
pub mod clock;
pub mod collector;
pub mod conformance;
pub mod database;
pub mod elsewhere;
pub mod html;
pub mod intruder;
mod left_on_disk;
#[expect(missing_docs, reason = "the names say it")]
pub mod provider;
pub mod proxy;
pub mod scripted;
pub mod statements;
pub mod world;

pub use ats_pat_test_macros::{on_every_database, on_every_deployment, on_every_server};
pub use database::{Kind, TestDatabase, kinds, sqlite};
pub use left_on_disk::left_on_disk;
