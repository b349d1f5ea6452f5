//! For how long a token is served, and from when on a newer one is wanted.

use std::time::Duration;

use tokio::time::Instant;

/// Of a token's lifetime, what passes before it is renewed, at most.
const RENEW_AT: f64 = 0.8;
/// Of a token's lifetime, how much sooner it may be renewed: programs that started together don't come back together.
const SPREAD: f64 = 0.1;
/// What is kept free before the end, since a token takes a while to where it is verified: a twentieth, up to this.
const LONGEST_MARGIN: Duration = Duration::from_secs(5);

/// The two instants of a token, on the monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    renew_at: Instant,
    end: Instant,
}

impl Lifetime {
    /// Of a token that lives for `lifetime` after its answer, which was asked for at `asked_at`: since the answer is
    /// younger than the question, the token lives at least as long. `chance` is between 0 and 1.
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
