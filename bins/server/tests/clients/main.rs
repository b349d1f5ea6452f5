//! Generated clients and independent verifying libraries against the real server.
//!
//! `cargo xtask clients` prepares them, and `cargo xtask test` runs them too.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails has failed the test"
)]

mod declarative;
mod forgery;
mod interoperability;
mod program;
#[path = "../tour/support.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod support;
mod tours;
