//! Limits on guessing.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::Problem;
use ats_pat_domain::port::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;

const QUARTER_HOUR: Duration = Duration::from_mins(15);
/// How many accounts and addresses are remembered; the least used are forgotten first.
const REMEMBERED: usize = 50_000;
/// After how many failures from anywhere in a quarter of an hour an account is slowed.
const ACCOUNT_FAILURES: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// How many exchanges from one address may fail in a quarter of an hour.
const EXCHANGE_FAILURES: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// By how much a sign-in of a slowed account is delayed.
const SLOWED_BY: Duration = Duration::from_secs(2);

type Limiter = RateLimiter<NotKeyed, InMemoryState, SinceBoot, NoOpMiddleware<Duration>>;

/// The limiter's view of our clock.
#[derive(Clone)]
struct SinceBoot(Arc<dyn Clock>);

impl governor::clock::Clock for SinceBoot {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.since_boot()
    }
}

/// An IPv4 address, or the /64 of an IPv6 address: what one customer of a network is given.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Neighbourhood(IpAddr);

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => Self(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into()),
            v4 @ IpAddr::V4(_) => Self(v4),
        }
    }
}

/// Counts attempts; bounded in memory.
pub(crate) struct Limits {
    clock: SinceBoot,
    sign_ins: Cache<(String, Neighbourhood), Arc<Limiter>>,
    accounts: Cache<String, Arc<Limiter>>,
    exchanges: Cache<Neighbourhood, Arc<Limiter>>,
    sign_in_failures: NonZeroU32,
}

impl Limits {
    pub(crate) fn new(clock: Arc<dyn Clock>, sign_in_failures: u32) -> Self {
        Self {
            clock: SinceBoot(clock),
            sign_ins: Cache::new(REMEMBERED),
            accounts: Cache::new(REMEMBERED),
            exchanges: Cache::new(REMEMBERED),
            sign_in_failures: NonZeroU32::new(sign_in_failures).unwrap_or(NonZeroU32::MIN),
        }
    }

    /// Counts a sign-in before any password work, so that many at once can't slip through; gives how long
    /// to wait before it goes on.
    pub(crate) fn count_sign_in(
        &self,
        folded_name: &str,
        address: IpAddr,
    ) -> Result<Duration, Problem> {
        let key = (folded_name.to_owned(), address.into());
        self.count(&self.sign_ins, &key, self.sign_in_failures)?;
        // Only slowing: by failing often, nobody can lock another out.
        let slowed = self
            .count(&self.accounts, &folded_name.to_owned(), ACCOUNT_FAILURES)
            .is_err();
        Ok(if slowed { SLOWED_BY } else { Duration::ZERO })
    }

    /// The sign-in was right: what was counted is forgotten.
    pub(crate) fn forgive_sign_in(&self, folded_name: &str, address: IpAddr) {
        self.sign_ins
            .remove(&(folded_name.to_owned(), Neighbourhood::from(address)));
    }

    /// Counts an exchange that failed for its secret.
    pub(crate) fn count_failed_exchange(&self, address: IpAddr) -> Result<(), Problem> {
        self.count(&self.exchanges, &address.into(), EXCHANGE_FAILURES)
    }

    fn count<K>(
        &self,
        limiters: &Cache<K, Arc<Limiter>>,
        key: &K,
        per_quarter_hour: NonZeroU32,
    ) -> Result<(), Problem>
    where
        K: std::hash::Hash + Eq + Clone,
    {
        let limiter = limiters.get_or_insert_with(key, || {
            let quota = Quota::with_period(QUARTER_HOUR / per_quarter_hour.get())
                .unwrap_or_else(|| Quota::per_minute(per_quarter_hour))
                .allow_burst(per_quarter_hour);
            Ok::<_, std::convert::Infallible>(Arc::new(RateLimiter::direct_with_clock(
                quota,
                self.clock.clone(),
            )))
        });
        let Ok(limiter) = limiter;
        limiter.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.0.since_boot());
            Problem::TooManyRequests {
                seconds: wait
                    .as_millis()
                    .div_ceil(1000)
                    .try_into()
                    .unwrap_or(u64::MAX)
                    .max(1),
            }
        })
    }
}
