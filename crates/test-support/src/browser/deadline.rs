//! How long to wait.

use std::time::Duration;

/// How long is waited for what must come.
pub const DEADLINE: Duration = Duration::from_secs(10);
/// Between two looks at the page.
pub const TICK: Duration = Duration::from_millis(20);
