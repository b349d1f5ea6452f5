//! Clients that others' generators make, and libraries that others verify with, against the real
//! server.
//!
//! `cargo xtask clients` makes what these tests run; `cargo xtask test` does both.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a step that fails has failed the test"
)]

mod forgery;
mod interoperability;
mod program;
#[path = "../tour/support.rs"]
#[allow(dead_code, reason = "other tests need more of it")]
mod support;
mod tours;
