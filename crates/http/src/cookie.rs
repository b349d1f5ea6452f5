//! Cookies: how to read one, and the cookie with a session's id.

use poem::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

/// How many cookies of one name are read. Each may need a query of the database.
const MOST_TWINS: usize = 4;

/// The session cookie's name and attributes (RFC 6265; the prefix: RFC 6265bis, section 4.1.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// Over TLS, its prefix binds it to the host. Without TLS, browsers refuse the prefix.
    pub const fn new(is_https: bool) -> Self {
        Self { secure: is_https }
    }

    /// The name with its prefix, as browsers see it.
    pub const fn name(self) -> &'static str {
        if self.secure {
            "__Host-ats_session"
        } else {
            "ats_session"
        }
    }

    /// The session ids in the request, each once. A browser sends several cookies of the same name
    /// if another path or a parent domain also has one. Only the sessions tell which of them this
    /// service set.
    pub fn read(self, headers: &HeaderMap) -> Vec<&str> {
        let mut ids: Vec<&str> = Vec::new();
        for value in cookie_values(headers, self.name()) {
            if ids.len() < MOST_TWINS && !value.is_empty() && !ids.contains(&value) {
                ids.push(value);
            }
        }
        ids
    }

    /// The value of `Set-Cookie` for a new session; the browser forgets it when it closes.
    pub fn set(self, session_id: &SecretString) -> String {
        self.line(session_id.expose_secret(), "")
    }

    /// The value of `Set-Cookie` that ends the session in the browser.
    pub fn clear(self) -> String {
        self.line("", "; Max-Age=0")
    }

    fn line(self, value: &str, lifetime: &str) -> String {
        cookie_line(self.name(), value, self.secure, lifetime)
    }
}

/// The value of `Set-Cookie` for a cookie of the whole site that no script can read. `lifetime` is
/// an attribute with its semicolon, or empty for as long as the browser is open.
pub fn cookie_line(name: &str, value: &str, is_https: bool, lifetime: &str) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}")
}

/// The value of the cookie of this name. An empty cookie, or one that is there twice, counts as
/// none.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &'a str) -> Option<&'a str> {
    let mut values = cookie_values(headers, name);
    let only = values.next().filter(|value| !value.is_empty());
    only.filter(|_| values.next().is_none())
}

/// The values of all cookies of this name, in their order.
fn cookie_values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let all = all_cookies(headers).filter(move |(written, _)| *written == name);
    all.map(|(_, value)| value)
}

/// The names and values of all cookies whose names begin like this, in their order.
pub fn cookies_of_prefix<'a>(
    headers: &'a HeaderMap,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    all_cookies(headers).filter(move |(name, _)| name.starts_with(prefix))
}

fn all_cookies(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(|pair| {
        // Other applications of the host may write bytes that are not text. Such a cookie isn't
        // this service's.
        let (written, value) = std::str::from_utf8(pair).ok()?.split_once('=')?;
        Some((written.trim(), value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_str(line).unwrap());
        }
        headers
    }

    #[test]
    fn the_cookie_is_bound_to_the_host_over_tls() {
        let id = SecretString::from("abc".to_owned());
        assert_eq!(
            SessionCookie::new(true).set(&id),
            "__Host-ats_session=abc; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            SessionCookie::new(false).set(&id),
            "ats_session=abc; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn the_cookie_ends_at_sign_out() {
        assert_eq!(
            SessionCookie::new(false).clear(),
            "ats_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn every_session_that_is_sent_is_read_once() {
        let cookie = SessionCookie::new(false);
        for (lines, ids) in [
            (&["a=b; ats_session=x; c=d"][..], &["x"][..]),
            (&["a=b", "ats_session=x"], &["x"]),
            (&["ats_session=x; ats_session=x"], &["x"]),
            (
                &["ats_session=x", "ats_session=y; ats_session="],
                &["x", "y"],
            ),
            (
                &["ats_session=1; ats_session=2; ats_session=3; ats_session=4; ats_session=5"],
                &["1", "2", "3", "4"],
            ),
            (&["ats_session="], &[]),
            (&["__Host-ats_session=x"], &[]),
            (&["ATS_SESSION=x"], &[]),
            (&[], &[]),
        ] {
            assert_eq!(cookie.read(&headers(lines)), ids, "{lines:?}");
        }
    }

    #[test]
    fn another_cookie_that_is_there_twice_is_as_none() {
        for (lines, value) in [
            (&["flash=x"][..], Some("x")),
            (&["flash=x; flash=x"], None),
            (&["flash=x", "flash=y"], None),
            (&["flash="], None),
        ] {
            assert_eq!(cookie_value(&headers(lines), "flash"), value, "{lines:?}");
        }
    }
}
