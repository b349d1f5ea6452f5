//! Counts and durations that many threads note without waiting for each other.
//!
//! Exchanges are counted too, and they take a few microseconds. So a thread adds to a part of its
//! own ([`Counts`], [`Times`]), and whoever reads adds the parts together.
//!
//! Invariants held here:
//!
//! - noting something takes no lock and no memory;
//! - what is noted needs limited memory, whatever the keys are.
//!
//! It deliberately knows no name of a metric and no format. `ats-pat-telemetry` writes them.

mod counts;
mod level;
mod part;
mod times;

pub use counts::Counts;
pub use level::{Level, Stay};
pub use times::{Measured, Times};
