//! Limits on attempts to guess secrets and passwords.

mod places;
mod sign_in;

use std::convert::Infallible;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ats_pat_domain::port::Clock;
use ats_pat_domain::{Neighbourhood, Problem, RateLimit, TokenId, UserId};
use ats_pat_measure::Counts;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use uuid::Uuid;

use self::places::Places;
use crate::cache::grants::Lane;
use crate::service::refusals::{Refusal, Refusals};
use crate::service::settings::Settings;

const QUARTER_HOUR: Duration = Duration::from_mins(15);
const MINUTE: Duration = Duration::from_mins(1);
/// How many accounts and addresses are remembered. The least used are forgotten first.
const REMEMBERED: usize = 50_000;
/// How many exchanges from one address may fail in a quarter of an hour.
const EXCHANGE_FAILURES: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// How many reports of leaked tokens one address may send in a quarter of an hour.
const REPORTS: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// The attempts that are left of a limit.
struct Limiter {
    limit: RateLimit,
    left: RateLimiter<NotKeyed, InMemoryState, SinceBoot, NoOpMiddleware<Duration>>,
}

/// When a spent budget ends, as a time of the limiters, and which it is.
type Spent = (Duration, Option<RateLimit>);

/// The clock port, for the limiter.
#[derive(Clone)]
struct SinceBoot(Arc<dyn Clock>);

impl governor::clock::Clock for SinceBoot {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.since_boot()
    }
}

/// The remaining attempts for one account from one address. The lock gives the turn: attempts at
/// the same time are judged one after another. So none slips through, and a right one never counts
/// against another.
type Attempts = Arc<tokio::sync::Mutex<Limiter>>;

/// The hash of a folded name. An attacker who invents long names uses no more memory.
type Account = [u8; 32];

/// Counts attempts, in limited memory.
pub(crate) struct Limits {
    clock: SinceBoot,
    sign_ins: Cache<(Account, Neighbourhood), Attempts>,
    accounts: Cache<Account, Arc<Limiter>>,
    /// Failed sign-ins by address, for any name.
    addresses: Cache<Neighbourhood, Arc<Limiter>>,
    /// The addresses with a spent budget of sign-ins.
    sprayers: Cache<Neighbourhood, Spent>,
    /// The addresses from which accounts signed in.
    familiar: Cache<(Account, Neighbourhood), ()>,
    /// When a sign-in from an address last failed.
    failed: Cache<Neighbourhood, Duration>,
    /// By the user who gets a secret, or by the token that regenerates itself.
    grants: Cache<Uuid, Arc<Limiter>>,
    exchanges: Cache<Neighbourhood, Arc<Limiter>>,
    reports: Cache<Neighbourhood, Arc<Limiter>>,
    /// The addresses with a spent budget of exchanges.
    guessers: Cache<Neighbourhood, Spent>,
    places: Cache<Neighbourhood, Arc<Places>>,
    provider_places: Cache<Neighbourhood, Arc<Semaphore>>,
    token_exchanges: Cache<TokenId, Arc<Limiter>>,
    owner_exchanges: Cache<UserId, Arc<Limiter>>,
    sign_in_failures: NonZeroU32,
    grants_per_minute: Option<NonZeroU32>,
    token_exchanges_per_minute: Option<NonZeroU32>,
    owner_exchanges_per_minute: Option<NonZeroU32>,
    refusals: Refusals,
    /// How often each [`Limit`] refused somebody.
    limited: Counts,
}

/// What refuses a request.
#[derive(Clone, Copy)]
enum Limit {
    SignIn,
    Exchange,
    Change,
    Report,
    TokenExchanges,
    OwnerExchanges,
}

impl Limit {
    const ALL: [Self; 6] = [
        Self::SignIn,
        Self::Exchange,
        Self::Change,
        Self::Report,
        Self::TokenExchanges,
        Self::OwnerExchanges,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Exchange => "exchange",
            Self::Change => "change",
            Self::Report => "report",
            Self::TokenExchanges => "token-exchanges",
            Self::OwnerExchanges => "owner-exchanges",
        }
    }
}

impl Limits {
    pub(crate) fn new(clock: Arc<dyn Clock>, settings: &Settings) -> Self {
        let sign_in_failures = settings.sign_in_failures_per_quarter_hour;
        Self {
            clock: SinceBoot(clock),
            sign_ins: Cache::new(REMEMBERED),
            accounts: Cache::new(REMEMBERED),
            addresses: Cache::new(REMEMBERED),
            sprayers: Cache::new(REMEMBERED),
            familiar: Cache::new(REMEMBERED),
            failed: Cache::new(REMEMBERED),
            grants: Cache::new(REMEMBERED),
            exchanges: Cache::new(REMEMBERED),
            reports: Cache::new(REMEMBERED),
            guessers: Cache::new(REMEMBERED),
            places: Cache::new(REMEMBERED),
            provider_places: Cache::new(REMEMBERED),
            token_exchanges: Cache::new(REMEMBERED),
            owner_exchanges: Cache::new(REMEMBERED),
            sign_in_failures: NonZeroU32::new(sign_in_failures).unwrap_or(NonZeroU32::MIN),
            grants_per_minute: NonZeroU32::new(settings.changes_per_user_per_minute),
            token_exchanges_per_minute: NonZeroU32::new(settings.exchanges_per_token_per_minute),
            owner_exchanges_per_minute: NonZeroU32::new(settings.exchanges_per_owner_per_minute),
            refusals: Refusals::default(),
            limited: Counts::new(Limit::ALL.len()),
        }
    }

    /// Counts a change in which `user` gets a secret, or edits a token.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub(crate) fn count_grant(&self, user: UserId) -> Result<(), Problem> {
        self.count_grant_of(user.as_uuid())
    }

    /// Counts a token that regenerates itself. Its holder can't use up the owner's budget.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub(crate) fn count_renewal(&self, token: TokenId) -> Result<(), Problem> {
        self.count_grant_of(token.as_uuid())
    }

    fn count_grant_of(&self, id: Uuid) -> Result<(), Problem> {
        let Some(per_minute) = self.grants_per_minute else {
            return Ok(());
        };
        let limiter = get_or_insert(&self.grants, &id, || {
            Arc::new(self.limiter_of(Limit::Change, per_minute, MINUTE))
        });
        self.count_noted(&limiter, Limit::Change)
    }

    /// The refusals since the last call, for the event log.
    pub(crate) fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// Logs the refusals that are not logged yet.
    pub(crate) fn log_refusals(&self) {
        self.refusals.log_due(self.clock.0.since_boot());
    }

    fn refused(&self, refusal: Refusal, neighbourhood: Neighbourhood) {
        let now = self.clock.0.since_boot();
        self.refusals.count(refusal, neighbourhood, now);
    }

    /// Counts a report of leaked tokens, whatever it contains, so the remaining budget says nothing
    /// about the tokens.
    pub(crate) fn count_report(&self, address: IpAddr) -> Result<(), Problem> {
        let limiter = get_or_insert(&self.reports, &address.into(), || {
            Arc::new(self.limiter(Limit::Report, REPORTS))
        });
        self.count_noted(&limiter, Limit::Report)
    }

    /// Counts an exchange, or another request, with an invalid secret.
    pub(crate) fn count_failed_exchange(&self, address: IpAddr) -> Result<(), Problem> {
        let neighbourhood = address.into();
        let limiter = get_or_insert(&self.exchanges, &neighbourhood, || {
            Arc::new(self.limiter(Limit::Exchange, EXCHANGE_FAILURES))
        });
        let counted = self.count_noted(&limiter, Limit::Exchange);
        self.note_spent(&self.guessers, neighbourhood, &counted);
        let refusal = if counted.is_ok() {
            Refusal::Exchange
        } else {
            Refusal::ExchangeLimited
        };
        self.refused(refusal, neighbourhood);
        counted
    }

    /// Counts an exchange that would succeed. One that its token's limit refuses leaves the owner's
    /// budget to the others.
    ///
    /// # Errors
    /// [`Problem::TooManyRequests`].
    pub(crate) fn count_exchange(&self, token: TokenId, owner: UserId) -> Result<(), Problem> {
        if let Some(most) = self.token_exchanges_per_minute {
            let limiter = get_or_insert(&self.token_exchanges, &token, || {
                Arc::new(self.limiter_of(Limit::TokenExchanges, most, MINUTE))
            });
            self.count_noted(&limiter, Limit::TokenExchanges)?;
        }
        if let Some(most) = self.owner_exchanges_per_minute {
            let limiter = get_or_insert(&self.owner_exchanges, &owner, || {
                Arc::new(self.limiter_of(Limit::OwnerExchanges, most, MINUTE))
            });
            self.count_noted(&limiter, Limit::OwnerExchanges)?;
        }
        Ok(())
    }

    /// The queue in which an exchange from this address waits for the database.
    pub(crate) fn lane(&self, address: IpAddr) -> Lane {
        match self.spent(&self.guessers, address.into()) {
            Some(_) => Lane::Guessers,
            None => Lane::Ordinary,
        }
    }

    /// Remembers when a spent budget ends.
    fn note_spent(
        &self,
        spenders: &Cache<Neighbourhood, Spent>,
        neighbourhood: Neighbourhood,
        counted: &Result<(), Problem>,
    ) {
        if let Err(Problem::TooManyRequests { seconds, limit }) = counted {
            let until = self.clock.0.since_boot() + Duration::from_secs(*seconds);
            spenders.insert(neighbourhood, (until, *limit));
        }
    }

    /// The refusal of an address with a spent budget.
    fn spent(
        &self,
        spenders: &Cache<Neighbourhood, Spent>,
        neighbourhood: Neighbourhood,
    ) -> Option<Problem> {
        let (until, limit) = spenders.get(&neighbourhood)?;
        let wait = until.checked_sub(self.clock.0.since_boot())?;
        (!wait.is_zero()).then(|| too_many(wait, limit))
    }

    fn limiter(&self, limit: Limit, per_quarter_hour: NonZeroU32) -> Limiter {
        self.limiter_of(limit, per_quarter_hour, QUARTER_HOUR)
    }

    fn limiter_of(&self, limit: Limit, many: NonZeroU32, period: Duration) -> Limiter {
        let quota = Quota::with_period(period / many.get())
            .unwrap_or_else(|| Quota::per_minute(many))
            .allow_burst(many);
        Limiter {
            limit: RateLimit {
                name: limit.as_str(),
                quota: many,
                period,
            },
            left: RateLimiter::direct_with_clock(quota, self.clock.clone()),
        }
    }

    /// The refusals so far, by the name of the limit.
    pub(crate) fn limited(&self) -> Vec<(&'static str, u64)> {
        let counts = self.limited.so_far();
        let of = |limit: Limit| counts.get(&(limit as u64)).copied().unwrap_or_default();
        Limit::ALL.map(|limit| (limit.as_str(), of(limit))).to_vec()
    }

    /// Like [`count`](Self::count). A refusal is noted for operators.
    fn count_noted(&self, limiter: &Limiter, limit: Limit) -> Result<(), Problem> {
        let counted = self.count(limiter);
        if counted.is_err() {
            self.limited.add(limit as u64);
        }
        counted
    }

    fn count(&self, limiter: &Limiter) -> Result<(), Problem> {
        limiter.left.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.0.since_boot());
            too_many(wait, Some(limiter.limit))
        })
    }
}

fn too_many(wait: Duration, limit: Option<RateLimit>) -> Problem {
    let seconds = wait.as_millis().div_ceil(1000);
    Problem::TooManyRequests {
        seconds: seconds.try_into().unwrap_or(u64::MAX).max(1),
        limit,
    }
}

fn get_or_insert<K, V>(cache: &Cache<K, V>, key: &K, make: impl FnOnce() -> V) -> V
where
    K: std::hash::Hash + Eq + Clone,
    V: Clone,
{
    let Ok(value) = cache.get_or_insert_with(key, || Ok::<_, Infallible>(make()));
    value
}
