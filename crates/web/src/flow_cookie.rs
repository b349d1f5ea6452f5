//! The cookies of sign-ins at identity providers that a browser has begun.

use poem::http::HeaderMap;

/// How the name of each begins.
pub const fn prefix(is_https: bool) -> &'static str {
    if is_https {
        "__Host-ats_oidc_"
    } else {
        "ats_oidc_"
    }
}

/// Their names and values.
pub fn flows(is_https: bool, headers: &HeaderMap) -> Vec<(String, String)> {
    ats_pat_http::cookies_of_prefix(headers, prefix(is_https))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
