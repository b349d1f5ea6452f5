//! The clock of the measurements.

use std::time::Instant;

/// Now, on a clock that never goes back.
#[expect(
    clippy::disallowed_methods,
    reason = "to measure is to read the clock; nothing is decided by it"
)]
pub fn now() -> Instant {
    Instant::now()
}
