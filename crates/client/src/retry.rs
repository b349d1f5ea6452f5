//! Whether an exchange that failed is tried again, and after how long.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(8);
/// The longest wait that a service may ask for. A longer one is taken for a mistake.
const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(10);

/// Whether asking again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// No: the answer would be the same.
    Never,
    /// Yes, after a wait that the caller chooses.
    Later,
    /// Yes, after the wait that the service asked for.
    After(Duration),
}

impl Retry {
    /// By the status alone. A server that is busy or fails recovers, but a refusal stays.
    pub fn after(status: StatusCode, headers: &HeaderMap) -> Self {
        let passes = matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        match retry_after(headers) {
            _ if !passes => Self::Never,
            Some(after) => Self::After(after),
            None => Self::Later,
        }
    }
}

/// The waits of one exchange. Each is about double the one before.
pub struct Backoff {
    next: Duration,
}

impl Backoff {
    pub fn new() -> Self {
        Self { next: FIRST }
    }

    /// How long to wait before the next attempt; none if there must be no other attempt. `chance`
    /// is between 0 and 1, so that programs that failed together don't ask together.
    pub fn wait(&mut self, retry: Retry, chance: f64) -> Option<Duration> {
        // Half of it fixed, half by chance.
        let wait = self
            .next
            .mul_f64(f64::midpoint(1.0, chance.clamp(0.0, 1.0)));
        let wait = match retry {
            Retry::Never => return None,
            Retry::Later => wait,
            // Never earlier than asked for, and not all programs at that very moment.
            Retry::After(after) => after.min(LONGEST_RETRY_AFTER) + wait,
        };
        self.next = (self.next * 2).min(LONGEST);
        Some(wait)
    }
}

/// Seconds, or a date (RFC 9110, section 10.2.3). A date is compared with the answer's own date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = date(headers, RETRY_AFTER.as_str())?;
    let since = date(headers, DATE.as_str())?;
    Some(until.duration_since(since).unwrap_or_default())
}

/// A header that is a date (RFC 9110, section 5.6.7).
pub fn date(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn headers(values: &[(&'static str, &'static str)]) -> HeaderMap {
        values
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn waits_double_up_to_a_limit_and_lie_in_the_upper_half() {
        for (chance, expected) in [
            (0.0, [125, 250, 500, 1000, 2000, 4000, 4000]),
            (1.0, [250, 500, 1000, 2000, 4000, 8000, 8000]),
        ] {
            let mut backoff = Backoff::new();
            let waits = expected.map(|_| backoff.wait(Retry::Later, chance).unwrap().as_millis());
            assert_eq!(waits, expected);
        }
    }

    #[test]
    fn what_the_service_asks_for_is_kept_within_reason() {
        let mut backoff = Backoff::new();
        let after = |seconds| Retry::After(Duration::from_secs(seconds));
        let wait = backoff.wait(after(7), 0.5).unwrap();
        assert!((7_000..8_000).contains(&wait.as_millis()), "{wait:?}");
        let wait = backoff.wait(after(u64::MAX), 0.5).unwrap();
        assert!((600..602).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(backoff.wait(Retry::Never, 0.5), None);
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        let busy = headers(&[("Retry-After", "7")]);
        for status in [429, 502, 503, 504] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Retry::after(status, &HeaderMap::new()), Retry::Later);
            assert_eq!(
                Retry::after(status, &busy),
                Retry::After(Duration::from_secs(7))
            );
        }
        for status in [200, 301, 400, 401, 403, 404, 500, 501] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Retry::after(status, &busy), Retry::Never, "{status}");
        }
    }

    #[test]
    fn a_date_to_retry_after_counts_from_the_answer_s_own_date() {
        let at = ("Retry-After", "Tue, 24 Nov 2026 10:20:30 GMT");
        let date = ("Date", "Tue, 24 Nov 2026 10:20:00 GMT");
        assert_eq!(
            retry_after(&headers(&[at, date])),
            Some(Duration::from_secs(30))
        );
        assert_eq!(retry_after(&headers(&[at])), None);
        assert_eq!(retry_after(&headers(&[("Retry-After", "soon")])), None);
    }
}
