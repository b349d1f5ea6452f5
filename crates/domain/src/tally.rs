//! Sums of what happens too often to be told each time.

use std::time::Duration;

/// Counts what happens, and says when the log is told of it: the first time at once, then in sums,
/// at most once in [`Tally::EVERY`].
#[derive(Debug, Default)]
pub struct Tally {
    untold: u64,
    told_at: Option<Duration>,
}

impl Tally {
    /// How far apart the sums are.
    pub const EVERY: Duration = Duration::from_mins(1);

    /// Counts one more at `now`, a time since some start. Gives the sum that the log is to be told
    /// now, if any.
    pub fn count(&mut self, now: Duration) -> Option<u64> {
        self.untold += 1;
        self.due(now)
    }

    /// The sum that was not told yet, once its time has come.
    pub fn due(&mut self, now: Duration) -> Option<u64> {
        let waits = self
            .told_at
            .is_some_and(|told_at| now.saturating_sub(told_at) < Self::EVERY);
        if waits || self.untold == 0 {
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
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
