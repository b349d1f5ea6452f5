//! How long to wait before asking again.

use std::time::Duration;

use crate::answer::Retry;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);
/// What a service may ask for; beyond that it is mistaken.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// The waits of one exchange: each about double the one before.
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long to wait before the next attempt; none if there must not be one. `chance` is between 0 and 1: programs
    /// that failed together don't come back together.
    pub fn wait(&mut self, retry: Retry, chance: f64) -> Option<Duration> {
        // Half of it fixed, half by chance.
        let wait = self
            .next
            .mul_f64(f64::midpoint(1.0, chance.clamp(0.0, 1.0)));
        let wait = match retry {
            Retry::Never => return None,
            Retry::Later => wait,
            // Never sooner than asked for, and not all at that very moment.
            Retry::After(after) => after.min(LONGEST_RETRY_AFTER) + wait,
        };
        self.next = (self.next * 2).min(LONGEST);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_lie_in_the_upper_half() {
        for (chance, expected) in [
            (0.0, [125, 250, 500, 1000, 2000, 4000, 4000]),
            (1.0, [250, 500, 1000, 2000, 4000, 8000, 8000]),
        ] {
            let mut backoff = Backoff::new();
            let waits = expected.map(|_| backoff.wait(Retry::Later, chance).unwrap().as_millis());
            assert_eq!(waits, expected);
        }
    }

    #[test]
    fn what_the_service_asks_for_is_kept_within_reason() {
        let mut backoff = Backoff::new();
        let after = |seconds| Retry::After(Duration::from_secs(seconds));
        let wait = backoff.wait(after(7), 0.5).unwrap();
        assert!((7_000..8_000).contains(&wait.as_millis()), "{wait:?}");
        let wait = backoff.wait(after(u64::MAX), 0.5).unwrap();
        assert!((600..602).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(backoff.wait(Retry::Never, 0.5), None);
    }
}
