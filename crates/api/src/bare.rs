//! Answers without the envelope.

use std::time::Duration;

use ats_pat_http::{Challenge, RequestContext, problem_headers, status};
use ats_pat_service::Error;
use ats_pat_text::Text;
use bytes::Bytes;
use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};

/// A failure as plain text.
pub fn failure(error: Error, context: &RequestContext) -> Response {
    let problem = error.into_problem(context.request_id());
    let mut response = plain(
        status(&problem),
        format!("{}\n", problem.message(Text::ENGLISH)),
    );
    problem_headers(&problem, Challenge::Session, response.headers_mut());
    response
}

/// Plain text for a person.
pub fn plain(status: StatusCode, text: String) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(text)
}

/// An answer that anybody may read, including scripts of other sites.
pub fn public(content_type: &str, cache: &str, body: Bytes) -> Response {
    Response::builder()
        .content_type(content_type)
        .header(header::CACHE_CONTROL, cache)
        .header(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .body(body)
}

/// Sets `Age` (RFC 9111, section 5.1) to the age of an answer from memory, in seconds, rounded up.
/// Sets nothing if it is new.
pub fn set_age(response: &mut Response, age: Duration) {
    if !age.is_zero() {
        let seconds = age.as_secs() + u64::from(age.subsec_nanos() > 0);
        let headers = response.headers_mut();
        headers.insert(header::AGE, HeaderValue::from(seconds));
    }
}
