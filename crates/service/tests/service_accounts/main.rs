//! Service accounts: owners of tokens that are not persons, and the persons who are responsible for
//! them.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod account;
mod responsible;
mod scene;
