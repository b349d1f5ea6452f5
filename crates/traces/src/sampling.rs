//! Chooses the requests that are recorded.

use std::num::NonZero;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// How many requests a second are recorded because a trusted proxy asks for it. A proxy may pass on
/// what its clients write, so its word alone must not make this server record everything.
const ASKED_PER_SECOND: NonZero<u32> = NonZero::new(100).unwrap();

/// Which requests are recorded.
pub(crate) struct Sampling {
    /// A request is recorded if a random number is below this.
    below: u64,
    all: bool,
    asked: DefaultDirectRateLimiter,
}

impl Sampling {
    /// Records this part of the requests, from 0 to 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a part of a range; the cast stops at its ends"
    )]
    pub(crate) fn new(ratio: f64) -> Self {
        Self {
            below: (ratio * u64::MAX as f64) as u64,
            all: ratio >= 1.0,
            asked: RateLimiter::direct(Quota::per_second(ASKED_PER_SECOND)),
        }
    }

    /// Whether to record a request. `asked` is the choice of a caller that is believed. The choice
    /// never depends on the id of a trace, because callers choose that.
    pub(crate) fn records(&self, asked: Option<bool>) -> bool {
        match asked {
            Some(true) => self.all || self.asked.check().is_ok(),
            Some(false) => false,
            None => self.all || fastrand::u64(..) < self.below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(sampling: &Sampling, asked: Option<bool>, of: u32) -> u32 {
        let recorded = (0..of).filter(|_| sampling.records(asked)).count();
        u32::try_from(recorded).unwrap()
    }

    #[test]
    fn as_many_are_recorded_as_the_ratio_says() {
        assert_eq!(recorded(&Sampling::new(0.0), None, 1000), 0);
        assert_eq!(recorded(&Sampling::new(1.0), None, 1000), 1000);
        let one_in_a_hundred = recorded(&Sampling::new(0.01), None, 100_000);
        assert!(
            (700..1300).contains(&one_in_a_hundred),
            "{one_in_a_hundred}"
        );
    }

    #[test]
    fn a_believed_caller_decides_up_to_a_rate() {
        let sampling = Sampling::new(0.0);
        assert!(sampling.records(Some(true)));
        assert!(recorded(&sampling, Some(true), 100_000) < 1000);
        assert_eq!(recorded(&Sampling::new(0.5), Some(false), 1000), 0);
    }
}
