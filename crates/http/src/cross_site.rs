//! The cross-site rule: a request that changes something comes from this service's pages or from no
//! page at all.

use ats_pat_domain::Problem;
use poem::http::{HeaderMap, header};

/// How to treat a request without `Sec-Fetch-Site` and `Origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmarked {
    /// It comes from a program. Programs don't have the cookies of a person who visits other sites.
    Accepted,
    /// It is forged, because every browser sends one of these headers when it posts a form.
    Refused,
}

/// Checks the rule for a request that changes something. `origin` is that of the public URL.
///
/// `Sec-Fetch-Site`, if present, must be `same-origin` or `none` (W3C Fetch Metadata, section 2.3);
/// `Origin`, if present, must be `origin`.
///
/// # Errors
/// [`Problem::CrossSiteRequest`].
pub fn check(headers: &HeaderMap, origin: &str, unmarked: Unmarked) -> Result<(), Problem> {
    let mut marked = false;
    let mut ours = true;
    for site in headers.get_all("sec-fetch-site") {
        marked = true;
        ours &= matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    for value in headers.get_all(header::ORIGIN) {
        marked = true;
        ours &= value.as_bytes().eq_ignore_ascii_case(origin.as_bytes());
    }
    if ours && (marked || unmarked == Unmarked::Accepted) {
        Ok(())
    } else {
        Err(Problem::CrossSiteRequest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://pat.example.com";

    fn is_accepted(pairs: &[(&'static str, &'static str)], unmarked: Unmarked) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, poem::http::HeaderValue::from_static(value));
        }
        check(&headers, OURS, unmarked).is_ok()
    }

    #[test]
    fn our_own_pages_pass() {
        for pairs in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", OURS)],
            &[("sec-fetch-site", "same-origin"), ("origin", OURS)],
        ] {
            assert!(is_accepted(pairs, Unmarked::Refused), "{pairs:?}");
        }
    }

    #[test]
    fn other_sites_are_refused_whichever_header_tells() {
        for pairs in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("origin", "null")],
            &[("origin", "http://pat.example.com")],
            &[("origin", "https://pat.example.com.evil.example")],
            &[("origin", "https://pat.example.com:8443")],
            &[
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
            ],
            &[("sec-fetch-site", "cross-site"), ("origin", OURS)],
            &[("origin", OURS), ("origin", "https://evil.example")],
        ] {
            assert!(!is_accepted(pairs, Unmarked::Accepted), "{pairs:?}");
        }
    }

    #[test]
    fn an_unmarked_request_is_a_program_s_or_a_forged_form_s() {
        assert!(is_accepted(&[], Unmarked::Accepted));
        assert!(!is_accepted(&[], Unmarked::Refused));
    }
}
