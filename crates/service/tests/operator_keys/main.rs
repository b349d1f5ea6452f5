//! Operator keys: who creates them, what they may do, and that they do nothing after their end.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod create;
mod rights;
mod scene;
mod validity;
