//! How long a token is used, and when the next one is requested.

use std::time::Duration;

use tokio::time::Instant;

/// The part of a token's lifetime after which it is renewed at the latest.
const RENEW_AT: f64 = 0.8;
/// The part of a token's lifetime by which it may be renewed earlier, so that programs that started
/// together don't ask together.
const SPREAD: f64 = 0.1;
/// The margin before the end, because a token needs some time to reach its verifier. It is a
/// twentieth of the lifetime, but at most this.
const LONGEST_MARGIN: Duration = Duration::from_secs(5);

/// The two instants of a token, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    renew_at: Instant,
    end: Instant,
}

impl Lifetime {
    /// For a token that lives for `lifetime` after its answer. The request was sent at `asked_at`,
    /// before the answer, so the token lives at least as long as is counted from there. `chance` is
    /// between 0 and 1.
    pub fn new(asked_at: Instant, lifetime: Duration, chance: f64) -> Self {
        Self {
            renew_at: asked_at + lifetime.mul_f64(RENEW_AT - SPREAD * chance.clamp(0.0, 1.0)),
            end: asked_at + lifetime - (lifetime / 20).min(LONGEST_MARGIN),
        }
    }

    /// Whether the token may be sent.
    pub fn holds_at(&self, now: Instant) -> bool {
        now < self.end
    }

    /// Whether a newer one is wanted.
    pub fn wants_renewal_at(&self, now: Instant) -> bool {
        now >= self.renew_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_is_renewed_in_proportion_to_its_lifetime() {
        let now = Instant::now();
        let seconds = Duration::from_secs;
        for (lifetime, renewed, ends) in [(300, 240, 295), (3600, 2880, 3595), (60, 48, 57)] {
            let latest = Lifetime::new(now, seconds(lifetime), 0.0);
            assert!(!latest.wants_renewal_at(now + seconds(renewed - 1)));
            assert!(latest.wants_renewal_at(now + seconds(renewed + 1)));
            assert!(latest.holds_at(now + seconds(ends - 1)));
            assert!(!latest.holds_at(now + seconds(ends)));
            let soonest = Lifetime::new(now, seconds(lifetime), 1.0);
            assert!(!soonest.wants_renewal_at(now + seconds(lifetime * 7 / 10 - 1)));
            assert!(soonest.wants_renewal_at(now + seconds(lifetime * 7 / 10 + 1)));
        }
        assert!(!Lifetime::new(now, Duration::ZERO, 0.5).holds_at(now));
    }
}
