//! Counts frequent things, so that the log gets sums instead of a line each.

use std::time::Duration;

/// Counts a frequent thing, and says when to log it: the first time at once, and then the sum at
/// most once in each [`Tally::EVERY`].
#[derive(Debug, Default)]
pub struct Tally {
    unlogged: u64,
    logged_at: Option<Duration>,
}

impl Tally {
    /// The shortest time between two sums.
    pub const EVERY: Duration = Duration::from_mins(1);

    /// Counts one more at `now`, a time since any fixed start. Returns the sum to log now, if it is
    /// time.
    pub fn count(&mut self, now: Duration) -> Option<u64> {
        self.unlogged += 1;
        self.due(now)
    }

    /// The sum that was not logged yet, if it is time to log it.
    pub fn due(&mut self, now: Duration) -> Option<u64> {
        let waits = self
            .logged_at
            .is_some_and(|logged_at| now.saturating_sub(logged_at) < Self::EVERY);
        if waits || self.unlogged == 0 {
            return None;
        }
        self.logged_at = Some(now);
        Some(std::mem::take(&mut self.unlogged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_told_at_once_and_the_others_in_one_sum_a_minute() {
        let mut tally = Tally::default();
        let at = Duration::from_secs;
        assert_eq!(tally.due(at(0)), None);
        assert_eq!(tally.count(at(0)), Some(1));
        for second in 1..60 {
            assert_eq!(tally.count(at(second)), None);
        }
        assert_eq!(tally.due(at(60)), Some(59));
        assert_eq!(tally.due(at(200)), None);
        assert_eq!(tally.count(at(200)), Some(1));
    }
}
