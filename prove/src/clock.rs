//! The clock of the runs.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::signals::Signals;

/// The pause between two checks of a condition.
const POLL: Duration = Duration::from_millis(20);

/// Now, on a clock that never goes back.
#[expect(
    clippy::disallowed_methods,
    reason = "a run lasts as long as it was told to, and tells how long answers took"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// Waits until `condition` returns a value. Fails after `patience`, or when a signal came.
pub fn wait_for<T>(
    what: &str,
    patience: Duration,
    signals: &Signals,
    mut condition: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = now() + patience;
    loop {
        if let Some(value) = condition()? {
            return Ok(value);
        }
        signals.check()?;
        if now() > end {
            bail!("{what}: not within {} s", patience.as_secs());
        }
        thread::sleep(POLL);
    }
}

/// Lets load run for `length`, and calls `tick` in between. Ends early when a signal came.
pub fn go_on(
    length: Duration,
    signals: &Signals,
    mut tick: impl FnMut() -> Result<()>,
) -> Result<()> {
    let end = now() + length;
    while now() < end {
        signals.check()?;
        tick()?;
        thread::sleep(POLL.min(length));
    }
    Ok(())
}
