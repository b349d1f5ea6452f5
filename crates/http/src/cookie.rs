//! Cookies: reading one, and the one that carries a session's id.

use poem::http::{HeaderMap, header};
use secrecy::{ExposeSecret, SecretString};

/// The session cookie's name and attributes (RFC 6265; the prefix: RFC 6265bis, section 4.1.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// Bound to the host by its prefix where people come over TLS; browsers refuse the prefix without it.
    pub const fn new(is_https: bool) -> Self {
        Self { secure: is_https }
    }

    /// The name.
    pub const fn name(self) -> &'static str {
        if self.secure {
            "__Host-ats_session"
        } else {
            "ats_session"
        }
    }

    /// The session id that the request carries. Two cookies of the name are as none: which of them the
    /// browser was given by us can't be told.
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        cookie_value(headers, self.name())
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

/// The value of `Set-Cookie` for a cookie of the whole site that no script sees; `lifetime` is an attribute
/// with its semicolon, or empty for as long as the browser is open.
pub fn cookie_line(name: &str, value: &str, is_https: bool, lifetime: &str) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{lifetime}")
}

/// The value of the cookie of this name; one that is empty, or there twice, is as none.
pub fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for line in headers.get_all(header::COOKIE) {
        for pair in line.as_bytes().split(|byte| *byte == b';') {
            // Other applications of the host may write what is not text; it is none of ours.
            let Some((written, value)) = std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| pair.split_once('='))
            else {
                continue;
            };
            if written.trim() != name {
                continue;
            }
            if found.replace(value.trim()).is_some() {
                return None;
            }
        }
    }
    found.filter(|value| !value.is_empty())
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
    fn one_cookie_is_read_and_two_are_as_none() {
        let cookie = SessionCookie::new(false);
        assert_eq!(
            cookie.read(&headers(&["a=b; ats_session=x; c=d"])),
            Some("x")
        );
        assert_eq!(cookie.read(&headers(&["a=b", "ats_session=x"])), Some("x"));
        for lines in [
            &["ats_session=x; ats_session=x"][..],
            &["ats_session=x", "ats_session=y"],
            &["ats_session="],
            &["__Host-ats_session=x"],
            &["ATS_SESSION=x"],
            &[],
        ] {
            assert_eq!(cookie.read(&headers(lines)), None, "{lines:?}");
        }
    }
}
