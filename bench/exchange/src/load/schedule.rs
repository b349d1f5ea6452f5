//! When the requests of a rate are due.

use std::time::{Duration, Instant};

/// A longer gap means that the load did not run, because its own rounds take a fraction of this.
const AWAY: Duration = Duration::from_micros(500);

/// Evenly spaced times. While the load itself does not run, because the system gave its core to
/// others, nothing is due. The measured program is not to blame for requests that the load could
/// not send.
pub struct Schedule {
    due: Instant,
    end: Instant,
    interval: Duration,
    seen: Instant,
    away: Duration,
}

impl Schedule {
    /// From `begin` on for so long.
    pub fn new(begin: Instant, rate: f64, length: Duration) -> Self {
        Self {
            due: begin,
            end: begin + length,
            interval: Duration::from_secs_f64(1.0 / rate),
            seen: begin,
            away: Duration::ZERO,
        }
    }

    /// The load runs at `time`.
    pub fn see(&mut self, time: Instant) {
        let gap = time.saturating_duration_since(self.seen);
        // A request that was due before the gap was delayed by the program.
        if gap > AWAY && self.due > self.seen {
            self.due += gap;
            self.end += gap;
            self.away += gap;
        }
        self.seen = time;
    }

    /// The earliest time that is due and whose request was not sent.
    pub fn due(&self) -> Option<Instant> {
        (self.due < self.end && self.due <= self.seen).then_some(self.due)
    }

    /// The request of [`Self::due`] was sent.
    pub fn sent(&mut self) {
        self.due += self.interval;
    }

    pub fn is_over(&self) -> bool {
        self.due >= self.end
    }

    /// How long the load did not run.
    pub fn away(&self) -> Duration {
        self.away
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;

    const MS: Duration = Duration::from_millis(1);

    fn sent_at(schedule: &mut Schedule, time: Instant) -> Vec<Instant> {
        schedule.see(time);
        let mut sent = Vec::new();
        while let Some(due) = schedule.due() {
            sent.push(due);
            schedule.sent();
        }
        sent
    }

    #[test]
    fn times_are_evenly_spaced_and_end() {
        let begin = now();
        let mut schedule = Schedule::new(begin, 10_000.0, 2 * MS);
        let looks = (0..40_u32).map(|look| begin + look * MS / 10);
        let sent: Vec<_> = looks
            .flat_map(|time| sent_at(&mut schedule, time))
            .collect();
        let expected: Vec<_> = (0..20_u32).map(|number| begin + number * MS / 10).collect();
        assert_eq!(sent, expected);
        assert!(schedule.is_over());
        assert_eq!(schedule.away(), Duration::ZERO);
    }

    #[test]
    fn nothing_is_due_while_the_load_is_away() {
        let begin = now();
        let mut schedule = Schedule::new(begin, 1000.0, 10 * MS);
        assert_eq!(sent_at(&mut schedule, begin), [begin]);
        assert!(sent_at(&mut schedule, begin + 50 * MS).is_empty());
        assert_eq!(schedule.away(), 50 * MS);
        let looks = (500..600_u32).map(|look| begin + look * MS / 10);
        let sent: Vec<_> = looks
            .flat_map(|time| sent_at(&mut schedule, time))
            .collect();
        assert_eq!(sent, (51..60).map(|at| begin + at * MS).collect::<Vec<_>>());
    }

    #[test]
    fn what_the_program_held_up_stays_due() {
        let begin = now();
        let mut schedule = Schedule::new(begin, 1000.0, 10 * MS);
        schedule.see(begin);
        // Every connection is busy, so nothing is sent although it is due.
        schedule.see(begin + 5 * MS);
        assert_eq!(schedule.due(), Some(begin));
        assert_eq!(schedule.away(), Duration::ZERO);
    }
}
