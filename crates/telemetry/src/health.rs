//! Health for probes: a line for each check, or JSON.

use ats_pat_service::view::HealthCheck;
use poem::http::{HeaderMap, StatusCode, header};
use poem::{Response, http::HeaderValue};
use serde::Serialize;

/// The report as JSON.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Report<'a> {
    /// `Ok`, or `Failing` if any check fails.
    status: &'static str,
    checks: Vec<Check<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Check<'a> {
    name: &'a str,
    ok: bool,
    message: &'a str,
}

/// The answer for these checks: 200 if all of them are healthy, otherwise 503.
pub(crate) fn report(checks: &[HealthCheck], headers: &HeaderMap) -> Response {
    let is_healthy = checks.iter().all(|check| check.healthy);
    let status = if is_healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let mut response = if wants_json(headers) {
        let report = Report {
            status: if is_healthy { "Ok" } else { "Failing" },
            checks: checks.iter().map(Check::of).collect(),
        };
        match serde_json::to_vec(&report) {
            Ok(body) => with_type("application/json", body),
            // Texts can always be written.
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
        }
    } else {
        let lines = checks.iter().fold(String::new(), |lines, check| {
            let state = if check.healthy { "ok" } else { "failing" };
            lines + &format!("{}: {state}: {}\n", check.name, check.message)
        });
        with_type("text/plain; charset=utf-8", lines.into_bytes())
    };
    response.set_status(status);
    response
}

impl<'a> Check<'a> {
    fn of(check: &'a HealthCheck) -> Self {
        Self {
            name: check.name,
            ok: check.healthy,
            message: &check.message,
        }
    }
}

/// Whether the caller names JSON (RFC 9110, section 12.5.1). Probes that name nothing get lines.
fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            let mut parts = range.split(';').map(str::trim);
            let is_json = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
            let is_refused = parts.any(|part| {
                let weight = part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="));
                weight.is_some_and(|weight| weight.parse() == Ok(0.0))
            });
            is_json && !is_refused
        })
}

pub(crate) fn with_type(content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::from(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_for_callers_who_name_it() {
        for (accept, wants) in [
            (None, false),
            (Some("*/*"), false),
            (Some("text/plain"), false),
            (Some("application/json"), true),
            (Some("text/plain, Application/JSON;q=0.5"), true),
            (Some("application/json;q=0"), false),
            (Some("application/jsonp"), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(wants_json(&headers), wants, "{accept:?}");
        }
    }
}
