//! How often something may be tried.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// So many attempts in a time. A caller who waits gets them back one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// Which limit it is, in letters and hyphens.
    pub name: &'static str,
    /// How many attempts there are in the period.
    pub quota: NonZeroU32,
    /// How long it takes until all attempts are back.
    pub period: Duration,
}

/// As an item of the header `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, section
/// 3): `"sign-in";q=5;w=900`.
impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            quota,
            period,
        } = self;
        write!(f, "\"{name}\";q={quota};w={}", period.as_secs())
    }
}
