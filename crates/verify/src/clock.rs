//! What time it is, and how much of it has passed.

use std::time::Duration;

/// The two clocks that verification needs. Tests bring their own.
pub trait Clock: Send + Sync + 'static {
    /// The time of day, in whole seconds since 1970-01-01T00:00:00Z, rounded down. The claims
    /// `exp`, `nbf` and `iat` are compared with it. It may be wrong, and it may jump.
    fn now_seconds(&self) -> i64;

    /// The time since some fixed moment. It never goes back. It counts the time while the machine
    /// was suspended, so that an old confirmation is old after that.
    fn since_start(&self) -> Duration;
}

/// The clocks of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one home of the wall clock")]
    fn now_seconds(&self) -> i64 {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX)
    }

    #[cfg(target_os = "linux")]
    fn since_start(&self) -> Duration {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::new(
            u64::try_from(time.tv_sec).unwrap_or(0),
            u32::try_from(time.tv_nsec).unwrap_or(0),
        )
    }

    #[cfg(not(target_os = "linux"))]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one home of the monotonic clock"
    )]
    fn since_start(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// Whether a confirmation is older than `limit`. `None` is a time before the clock began, of which
/// nothing more is known.
pub(crate) fn is_older_than(
    limit: Duration,
    confirmed_at: Option<Duration>,
    clock: &dyn Clock,
) -> bool {
    confirmed_at.is_none_or(|confirmed_at| clock.since_start().saturating_sub(confirmed_at) > limit)
}
