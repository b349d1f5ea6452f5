//! How fast work goes, and so how much of it can be done in time.

use std::time::Duration;

/// How much of the usual time a new one makes up: a quarter.
const WEIGHT: u32 = 4;

/// How long a piece of work takes, learned from those that ended. Times are those of one clock.
#[derive(Debug, Default)]
pub(crate) struct Tempo {
    usual: Duration,
    /// When a piece of work last began or ended.
    moved_at: Duration,
}

impl Tempo {
    /// A piece of work begins.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.moved_at = now;
    }

    /// A piece of work has ended after `took`. What takes longer than `longest` counts as that, so
    /// that a single slow one doesn't close the queue for long.
    pub(crate) fn end(&mut self, took: Duration, longest: Duration, now: Duration) {
        self.moved_at = now;
        self.usual = (self.usual * (WEIGHT - 1) + took.min(longest)) / WEIGHT;
    }

    /// How many pieces may wait so that the last one ends within `patience`, if `at_once` are done
    /// at a time. `busy_at` is now if all of these are under way. If then nothing has moved for
    /// longer than usual, the database or the disk may hang, so that time counts.
    pub(crate) fn room(
        &self,
        at_once: usize,
        patience: Duration,
        busy_at: Option<Duration>,
    ) -> usize {
        let stalled = busy_at.map(|now| now.saturating_sub(self.moved_at));
        let each = self.usual.max(stalled.unwrap_or_default());
        let rounds = patience.as_micros() / each.as_micros().max(1);
        // One round is for those under way.
        let rounds = usize::try_from(rounds).unwrap_or(usize::MAX);
        rounds.saturating_sub(1).saturating_mul(at_once)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(1);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn as_many_may_wait_as_can_be_done_in_time() {
        let mut tempo = Tempo::default();
        let now = ms(1000);
        for _ in 0..100 {
            tempo.end(ms(100), PATIENCE, now);
        }
        assert!((24..=27).contains(&tempo.room(3, PATIENCE, Some(now))));
        for _ in 0..100 {
            tempo.end(ms(700), PATIENCE, now);
        }
        assert_eq!(tempo.room(3, PATIENCE, Some(now)), 0);
    }

    #[test]
    fn work_that_does_not_move_closes_the_queue_and_moving_work_opens_it_again() {
        let mut tempo = Tempo::default();
        let at = ms(5000);
        for _ in 0..20 {
            tempo.end(ms(1), PATIENCE, at);
        }
        tempo.begin(at);
        let rooms = [1, 100, 400, 600].map(|later| tempo.room(3, PATIENCE, Some(at + ms(later))));
        assert!(rooms.is_sorted_by(|more, less| more > less), "{rooms:?}");
        assert_eq!(rooms[3], 0);
        // With nothing under way it is only quiet.
        assert!(tempo.room(3, PATIENCE, None) > 100);
        // One that took long counts, but not for long.
        let later = at + ms(60_000);
        tempo.end(ms(60_000), PATIENCE, later);
        for _ in 0..8 {
            tempo.end(ms(1), PATIENCE, later);
        }
        assert!(tempo.room(3, PATIENCE, Some(later)) > 5);
    }
}
