//! The vectors that verifiers in other languages share with this one. Each is a text, the verdict,
//! and the reason. The tests check that the files in `docs/vectors` are what is written here, and
//! that this verifier judges each row of them as the row says.
//!
//! `cargo xtask vectors` writes the files.

#![expect(
    clippy::unwrap_used,
    reason = "clippy knows tests, but not what they call, as tests"
)]

mod authorization;
mod documents;
mod file;
mod forge;
mod judge;
mod key_sets;
mod lists;
mod row;
mod secrets;
mod status_lists;
mod token_rows;
mod tokens;
