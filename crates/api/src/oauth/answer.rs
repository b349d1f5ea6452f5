//! Answers that nobody may cache.

use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// A success that nobody may cache (RFC 6749, section 5.1).
pub fn not_to_be_kept(body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(body) => {
            let mut response = Response::from(body);
            let headers = response.headers_mut();
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
            forbid_keeping(&mut response);
            response
        }
        // Strings, numbers and lists can always be written.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into(),
    }
}

/// Forbids caches to keep an answer.
pub fn forbid_keeping(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}
