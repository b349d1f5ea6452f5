//! Headers that protect answers and pages.

use poem::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::settings::HttpSettings;

/// Only this service's own files, no inline script or style, no frame around its pages, no form to
/// another site.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// The features that no page uses.
const PERMISSIONS_POLICY: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";

/// The headers of every answer. The browser must not guess its type, and a caller who came over TLS
/// must come back over TLS.
pub fn transport_headers(settings: &HttpSettings, headers: &mut HeaderMap) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    if settings.is_https() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

/// The headers of every page. `Referrer-Policy` is `same-origin`, because with `no-referrer`
/// browsers would post the pages' own forms with `Origin: null`.
pub fn page_headers(settings: &HttpSettings, headers: &mut HeaderMap) {
    transport_headers(settings, headers);
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            PERMISSIONS_POLICY,
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_to_come_back_over_tls_where_they_came_over_it() {
        for (public_url, told) in [
            ("https://pat.example.com", Some("max-age=31536000")),
            ("https://pat.example.com:8443", Some("max-age=31536000")),
            ("http://pat.example.com", None),
            ("http://127.0.0.1:8080", None),
        ] {
            let settings = HttpSettings::new(public_url, Vec::new()).unwrap();
            let mut headers = HeaderMap::new();
            page_headers(&settings, &mut headers);
            let value = headers.get(header::STRICT_TRANSPORT_SECURITY);
            let value = value.map(|value| value.to_str().unwrap());
            assert_eq!(value, told, "{public_url}");
        }
    }
}
