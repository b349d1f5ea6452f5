//! Origins that secrets may be sent to.

use ats_pat_token::{PersonalAccessToken, is_loopback};
use reqwest::Url;

use crate::error::Error;

/// Reads an origin, such as `https://pat.example.com`. A slash at its end does no harm.
///
/// # Errors
/// [`Error::Url`] if the text is no origin, or if secrets would cross a network unencrypted.
pub fn parse(text: &str) -> Result<Url, Error> {
    let refuse = |reason| {
        Err(Error::Url {
            url: without_secrets(text).to_owned(),
            reason,
        })
    };
    let Ok(url) = Url::parse(text) else {
        return refuse("write https:// and a host");
    };
    match url.scheme() {
        "https" => {}
        "http" if url.host_str().is_some_and(is_loopback) => {}
        "http" => return refuse("secrets go over https; http is for this machine only"),
        _ => return refuse("write https:// and a host"),
    }
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_origin || !url.username().is_empty() || url.password().is_some() {
        return refuse("write scheme, host and port, nothing else");
    }
    Ok(url)
}

/// Whether a request for `url` goes to `origin` (RFC 6454, section 5).
#[cfg(feature = "middleware")]
pub fn is_of(url: &Url, origin: &Url) -> bool {
    url.origin() == origin.origin()
}

/// The part of a text that can be shown. The text may have been meant for another place, and may
/// hold a secret.
fn without_secrets(text: &str) -> &str {
    if text.contains(PersonalAccessToken::PREFIX) {
        return "";
    }
    let host = text.rsplit('@').next().unwrap_or_default();
    host.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_https_or_of_this_machine() {
        for text in [
            "https://pat.example.com",
            "https://pat.example.com:8443/",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:8080",
            "http://localhost:8080/",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "pat.example.com",
            "http://pat.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://192.0.2.1",
            "ftp://127.0.0.1",
            "unix:/run/pat",
            "https://pat.example.com/pat",
            "https://pat.example.com/?a=b",
            "https://pat.example.com/#a",
            "https://user@pat.example.com",
        ] {
            assert!(matches!(parse(text), Err(Error::Url { .. })), "{text}");
        }
    }

    #[test]
    fn a_refusal_shows_no_password() {
        for text in [
            "https://user:s3cret@pat.example.com",
            "http://s3cret@pat.example.com/",
            "https://pat.example.com?token=s3cret",
            "https://pat.example.com#s3cret",
            "s3cret@",
            "atspat_s3cret",
        ] {
            let error = parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        }
    }
}
