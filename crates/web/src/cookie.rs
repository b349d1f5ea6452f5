//! Setting the cookies of the pages.

use poem::Response;
use poem::http::{HeaderValue, header};

/// Gives the browser a cookie.
pub fn set_cookie(response: &mut Response, line: &str) {
    if let Ok(line) = HeaderValue::from_str(line) {
        response.headers_mut().append(header::SET_COOKIE, line);
    }
}
