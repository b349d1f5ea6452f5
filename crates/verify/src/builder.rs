//! How a verifier is made.

use std::{sync::Arc, time::Duration};

use crate::{
    Clock, KeySource, SystemClock, Verifier,
    key_source::AnySource,
    settings::{MAX_LEEWAY, SettingError, Settings, check},
};

impl Verifier {
    /// A verifier with the settings that suit a service in production. It accepts tokens that
    /// `issuer` issued for `audience`. `issuer` is the public URL of the personal access token
    /// service, such as `https://pat.example.com`; a slash at its end does no harm. `audience` is a
    /// name of the verifying service, and must be among those in the issuer's setting `audience`.
    #[cfg(feature = "fetch")]
    pub fn new(
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, SettingError> {
        Self::builder(issuer, audience).build()
    }

    /// Other settings for the same issuer and audience; see [`new`](Self::new).
    pub fn builder(issuer: impl Into<String>, audience: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder::new(issuer.into(), audience.into())
    }
}

/// The settings of a [`Verifier`]. Each has a default that suits a service in production.
pub struct VerifierBuilder {
    settings: Settings,
    clock: Arc<dyn Clock>,
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

    /// How far the clocks of issuer and verifier may differ, in either direction. The default, 60
    /// seconds, is also the maximum.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// How often to ask the issuer for its status list. The default is each second. A revoked token
    /// is refused after this time and the time that the answer takes. It must be shorter than the
    /// [`staleness_limit`](Self::staleness_limit).
    pub fn list_interval(mut self, interval: Duration) -> Self {
        self.settings.list_interval = interval;
        self
    }

    /// How long the list is valid after the issuer last confirmed it. The default is 30 seconds.
    /// After that, tokens are refused with
    /// [`Error::StatusUnavailable`](crate::Error::StatusUnavailable), unless
    /// [`fail_open`](Self::fail_open) is set. It must be longer than the
    /// [`list_interval`](Self::list_interval), because otherwise valid tokens would be refused
    /// between two readings.
    pub fn staleness_limit(mut self, limit: Duration) -> Self {
        self.settings.staleness_limit = limit;
        self
    }

    /// Accept tokens also while it is not known whether they were revoked: when the issuer is away
    /// for longer than the limit, or was not reached since the verifier has its keys. A token that
    /// the last list calls revoked is still refused. By default all these tokens are refused.
    pub fn fail_open(mut self) -> Self {
        self.settings.fail_open = true;
        self
    }

    /// How often to ask the issuer for its keys. The default is every five minutes, which is how
    /// long the issuer lets them be cached. A key that the issuer has withdrawn verifies nothing
    /// after this time. It must be shorter than the [`key_limit`](Self::key_limit).
    pub fn key_interval(mut self, interval: Duration) -> Self {
        self.settings.key_interval = interval;
        self
    }

    /// How long the last good keys are valid while the issuer is away. The default is one hour.
    /// After that, tokens are refused with
    /// [`Error::KeysUnavailable`](crate::Error::KeysUnavailable). It must be longer than the
    /// [`key_interval`](Self::key_interval), because otherwise all tokens would be refused between
    /// two readings.
    pub fn key_limit(mut self, limit: Duration) -> Self {
        self.settings.key_limit = limit;
        self
    }

    /// How often tokens may cause a request in addition to the two intervals. These are tokens that
    /// name an unknown key, and tokens that name a place that the list doesn't have. The default is
    /// once a second, however many such tokens come. Each of them waits for the answer.
    pub fn lookup_interval(mut self, interval: Duration) -> Self {
        self.settings.lookup_interval = interval;
        self
    }

    /// How long to wait for one answer of the issuer. The default is five seconds.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.request_timeout = timeout;
        self
    }

    /// How many verified signatures to remember. The default is 10,000, of about 1 KiB each.
    pub fn cache_capacity(mut self, tokens: usize) -> Self {
        self.settings.cache_capacity = tokens;
        self
    }

    /// The `realm` in the answer to a request without credentials (RFC 6750, section 3). The
    /// default is the audience.
    pub fn realm(mut self, realm: impl Into<Arc<str>>) -> Self {
        self.settings.realm = Some(realm.into());
        self
    }

    /// The address of the form for a new personal access token, without a query.
    /// [`Error::InsufficientScope`](crate::Error::InsufficientScope) links it. The default is the
    /// issuer's own page; `None` means no link.
    pub fn token_page(mut self, page: Option<String>) -> Self {
        self.settings.token_page = page;
        self
    }

    /// The clock. The default is the machine's.
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

    /// The verifier, which gets the issuer's documents from `source`.
    pub fn build_with(self, source: impl KeySource) -> Result<Verifier, SettingError> {
        let Self { settings, clock } = self;
        check(&settings)?;
        let source: Arc<dyn AnySource> = Arc::new(source);
        Ok(Verifier::with(settings, clock, source))
    }
}
