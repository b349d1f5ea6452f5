//! The settings of a verifier.

use std::{sync::Arc, time::Duration};

use crate::error::Page;

/// The greatest leeway. The issuer gives a place in its status list to another token as soon as
/// this time has passed after the end of the first one. With more leeway, the first token could
/// still be accepted while its place belongs to another.
pub const MAX_LEEWAY: Duration = Duration::from_mins(1);

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

pub(crate) fn check(settings: &Settings) -> Result<(), SettingError> {
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

/// Whether a text can be quoted in a header's value without change.
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

/// A setting that can't be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingError {
    /// The issuer is the service's public URL, as in the claim `iss`. A slash at its end does no
    /// harm.
    #[error("the issuer must be an origin: a scheme and a host, without a path")]
    Issuer,
    /// Another host could read and change the documents.
    #[error("the issuer must be an https address, or one on this machine")]
    Insecure,
    /// The verifier must know the name of its own service.
    #[error("the audience must not be empty")]
    Audience,
    /// The leeway is more than [`MAX_LEEWAY`].
    #[error("the leeway must not be more than 60 seconds")]
    Leeway,
    /// An interval or a time limit is zero.
    #[error("intervals and time limits must be longer than nothing")]
    Interval,
    /// A list would be too old before the next one is requested.
    #[error(
        "the staleness limit must be longer than the list interval: raise it, or ask for the list more often"
    )]
    StalenessLimit,
    /// The keys would be too old before they are requested again.
    #[error(
        "the key limit must be longer than the key interval: raise it, or ask for the keys more often"
    )]
    KeyLimit,
    /// The address is quoted in headers.
    #[error("the address of the token page must be of visible ASCII, without quotes")]
    TokenPage,
    /// The realm is quoted in headers. If none is given, it is the audience.
    #[error("the realm must be of visible ASCII, without quotes")]
    Realm,
    /// The HTTP client could not be made: look at the system's certificates.
    #[error("the HTTP client could not be made")]
    HttpClient,
}
