//! The status list on every database: a change that takes rights away sets a bit, and every server
//! serves the same list.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a step that fails has failed the test"
)]

mod following;
mod places;
mod revoking;
mod scene;
mod servers;
