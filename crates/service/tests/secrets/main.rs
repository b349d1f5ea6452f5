//! A token's secrets that replace one another, for its owner or by the token itself, and uses of
//! those that ended.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod overlap;
mod reuse;
mod scene;
mod self_regenerate;
