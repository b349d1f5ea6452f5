//! A verifier's settings.

use std::{sync::Arc, time::Duration};

use crate::{Clock, KeySource, SystemClock, Verifier, error::Page, key_source::AnySource};

/// The greatest leeway. The issuer gives a place in its status list to another token only this long after the first
/// one's end: with more leeway a token could live on in a place that is another's.
pub const MAX_LEEWAY: Duration = Duration::from_mins(1);

/// The settings of a [`Verifier`]; each has a default that suits a service in production.
pub struct VerifierBuilder {
    settings: Settings,
    clock: Arc<dyn Clock>,
}

pub(crate) struct Settings {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) realm: Option<Arc<str>>,
    pub(crate) token_page: Option<String>,
    pub(crate) leeway: Duration,
    pub(crate) key_interval: Duration,
    pub(crate) key_limit: Duration,
    pub(crate) list_interval: Duration,
    pub(crate) staleness_limit: Duration,
    pub(crate) fail_open: bool,
    pub(crate) lookup_interval: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) cache_capacity: usize,
}

impl VerifierBuilder {
    pub(crate) fn new(mut issuer: String, audience: String) -> Self {
        if issuer.ends_with('/') {
            issuer.pop();
        }
        Self {
            settings: Settings {
                token_page: Some(format!("{issuer}/settings/personal-access-tokens/new")),
                realm: None,
                issuer,
                audience,
                leeway: MAX_LEEWAY,
                key_interval: Duration::from_mins(5),
                key_limit: Duration::from_hours(1),
                list_interval: Duration::from_secs(1),
                staleness_limit: Duration::from_secs(30),
                fail_open: false,
                lookup_interval: Duration::from_secs(1),
                request_timeout: Duration::from_secs(5),
                cache_capacity: 10_000,
            },
            clock: Arc::new(SystemClock),
        }
    }

    /// How far the clocks of issuer and verifier may differ, either way: 60 seconds, which is the most.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// How often to ask the issuer for its status list: each second. A revoked token is refused after this time and
    /// the time that the answer takes. It must be shorter than the [`staleness_limit`](Self::staleness_limit).
    pub fn list_interval(mut self, interval: Duration) -> Self {
        self.settings.list_interval = interval;
        self
    }

    /// For how long the list holds after the issuer last confirmed it: 30 seconds. After that tokens are refused with
    /// [`Error::StatusUnavailable`](crate::Error::StatusUnavailable), unless [`fail_open`](Self::fail_open) was
    /// chosen. It must be longer than the [`list_interval`](Self::list_interval): else good tokens would be refused
    /// between two readings.
    pub fn staleness_limit(mut self, limit: Duration) -> Self {
        self.settings.staleness_limit = limit;
        self
    }

    /// Accept tokens also where nobody can tell whether they were revoked: while the issuer is away for longer than
    /// the limit, or was never reached since the verifier has its keys. What the last list says of a token still
    /// holds. By default they are refused.
    pub fn fail_open(mut self) -> Self {
        self.settings.fail_open = true;
        self
    }

    /// How often to ask the issuer for its keys: every five minutes, which is how long the issuer lets them be cached.
    /// A key that it took back verifies nothing any more after this time. It must be shorter than the
    /// [`key_limit`](Self::key_limit).
    pub fn key_interval(mut self, interval: Duration) -> Self {
        self.settings.key_interval = interval;
        self
    }

    /// For how long the last good keys hold while the issuer is away: one hour. After that tokens are refused with
    /// [`Error::KeysUnavailable`](crate::Error::KeysUnavailable). It must be longer than the
    /// [`key_interval`](Self::key_interval): else all tokens would be refused between two readings.
    pub fn key_limit(mut self, limit: Duration) -> Self {
        self.settings.key_limit = limit;
        self
    }

    /// How often tokens may cause a request, apart from the two intervals: those that name an unknown key, and those
    /// that name a place which the list does not have. Once a second, however many there are; each waits for the
    /// answer.
    pub fn lookup_interval(mut self, interval: Duration) -> Self {
        self.settings.lookup_interval = interval;
        self
    }

    /// How long to wait for one answer of the issuer: five seconds.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// How many verified signatures to remember: 10,000, about 1 KiB each.
    pub fn cache_capacity(mut self, tokens: usize) -> Self {
        self.settings.cache_capacity = tokens;
        self
    }

    /// What stands as `realm` in the answer to a request without credentials (RFC 6750, section 3): the audience.
    pub fn realm(mut self, realm: impl Into<Arc<str>>) -> Self {
        self.settings.realm = Some(realm.into());
        self
    }

    /// The address of the form for a new personal access token, without a query: what
    /// [`Error::InsufficientScope`](crate::Error::InsufficientScope) links. By default the issuer's own page; `None`
    /// for no link.
    pub fn token_page(mut self, page: Option<String>) -> Self {
        self.settings.token_page = page;
        self
    }

    /// The clock: the machine's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The verifier, which reads the issuer's documents over HTTP.
    #[cfg(feature = "fetch")]
    pub fn build(self) -> Result<Verifier, SettingError> {
        check(&self.settings)?;
        let source = crate::Fetch::new(&self.settings.issuer, self.settings.request_timeout)?;
        self.build_with(source)
    }

    /// The verifier, which gets the issuer's documents from elsewhere.
    pub fn build_with(self, source: impl KeySource) -> Result<Verifier, SettingError> {
        let Self { settings, clock } = self;
        check(&settings)?;
        let source: Arc<dyn AnySource> = Arc::new(source);
        Ok(Verifier::with(settings, clock, source))
    }
}

fn check(settings: &Settings) -> Result<(), SettingError> {
    let host = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| settings.issuer.strip_prefix(scheme));
    if !host.is_some_and(|host| is_quotable(host) && !host.contains(['/', '?', '#'])) {
        return Err(SettingError::Issuer);
    }
    if settings.audience.is_empty() {
        return Err(SettingError::Audience);
    }
    if settings.leeway > MAX_LEEWAY {
        return Err(SettingError::Leeway);
    }
    let intervals = [
        settings.key_interval,
        settings.key_limit,
        settings.list_interval,
        settings.staleness_limit,
        settings.lookup_interval,
        settings.request_timeout,
    ];
    if intervals.iter().any(Duration::is_zero) {
        return Err(SettingError::Interval);
    }
    if settings.staleness_limit <= settings.list_interval {
        return Err(SettingError::StalenessLimit);
    }
    if settings.key_limit <= settings.key_interval {
        return Err(SettingError::KeyLimit);
    }
    let page = settings.token_page.as_deref();
    if !page.is_none_or(is_quotable) {
        return Err(SettingError::TokenPage);
    }
    let realm = settings.realm.as_deref().unwrap_or(&settings.audience);
    if !realm.split(' ').all(is_quotable) {
        return Err(SettingError::Realm);
    }
    Ok(())
}

/// Whether a text can stand between the quotes of a header's value as it is.
fn is_quotable(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

impl Settings {
    pub(crate) fn realm(&self) -> Arc<str> {
        self.realm
            .clone()
            .unwrap_or_else(|| self.audience.as_str().into())
    }

    /// Whole seconds, rounded down.
    pub(crate) fn leeway_seconds(&self) -> u32 {
        u32::try_from(self.leeway.as_secs()).unwrap_or(0)
    }

    pub(crate) fn page(&self) -> Arc<Page> {
        Arc::new(Page(self.token_page.clone()))
    }
}

/// A setting that can't be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// The issuer is the service's public URL as it stands in the claim `iss`; a slash at its end does no harm.
    #[error("the issuer must be an origin: a scheme and a host, without a path")]
    Issuer,
    /// Another host could read and change what is fetched.
    #[error("the issuer must be an https address, or one on this machine")]
    Insecure,
    /// The verifier must know who it is.
    #[error("the audience must not be empty")]
    Audience,
    /// More than [`MAX_LEEWAY`].
    #[error("the leeway must not be more than 60 seconds")]
    Leeway,
    /// An interval or a time limit of nothing.
    #[error("intervals and time limits must be longer than nothing")]
    Interval,
    /// A list would be too old before the next one is asked for.
    #[error(
        "the staleness limit must be longer than the list interval: raise it, or ask for the list more often"
    )]
    StalenessLimit,
    /// The keys would be too old before they are asked for again.
    #[error(
        "the key limit must be longer than the key interval: raise it, or ask for the keys more often"
    )]
    KeyLimit,
    /// It is quoted in headers.
    #[error("the address of the token page must be of visible ASCII, without quotes")]
    TokenPage,
    /// It is quoted in headers; where none is given, it is the audience.
    #[error("the realm must be of visible ASCII, without quotes")]
    Realm,
    /// The HTTP client could not be made: look at the system's certificates.
    #[error("the HTTP client could not be made")]
    HttpClient,
}
