//! Users: their names, the right to administer, and erasing them.

#![expect(clippy::unwrap_used, reason = "a step that fails has failed the test")]

mod administrators;
mod erase;
mod names;
mod scene;
mod sequences;
