//! The policy differs by the owner's groups, when tokens are created and in every exchange.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod check;
mod exchange;
mod scene;
mod tokens;
