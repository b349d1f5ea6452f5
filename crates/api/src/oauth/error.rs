//! The refusals of the OAuth endpoints (RFC 6749, section 5.2).

use ats_pat_domain::Problem;
use ats_pat_domain::scope::INTROSPECT;
use ats_pat_http::{Challenge, RequestContext, problem_headers, status};
use ats_pat_service::Error;
use ats_pat_text::Text;
use poem::Response;
use poem::http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::answer::{forbid_keeping, not_to_be_kept};

/// Why a request fails.
pub struct Refusal {
    status: StatusCode,
    headers: Box<HeaderMap>,
    body: Body,
}

#[derive(Serialize)]
struct Body {
    error: &'static str,
    /// Printable ASCII without quote and backslash. Never contains what the caller sent.
    error_description: String,
}

impl Refusal {
    /// The request is malformed: `invalid_request`.
    pub fn invalid_request(description: &str) -> Self {
        Self::bad_request("invalid_request", description)
    }

    /// 400 with an error code of the standards.
    pub fn bad_request(error: &'static str, description: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description.to_owned())
    }

    /// The request has no credential. Then the challenge names no error (RFC 6750, section 3.1).
    pub fn without_credential() -> Self {
        let problem = Problem::AuthenticationTokenMissing;
        let mut refusal = Self::of_problem(&problem);
        problem_headers(&problem, Challenge::Bearer, &mut refusal.headers);
        refusal
    }

    /// The refusal for an error of a use case. An internal error is logged with the request ID.
    pub fn of_use_case(error: Error, context: &RequestContext) -> Self {
        match &error {
            Error::ScopeNotHeld(_) => {
                Self::bad_request("invalid_scope", Text::ENGLISH.oauth_scope_not_held())
            }
            Error::AudienceNotServed => {
                Self::bad_request("invalid_target", Text::ENGLISH.oauth_audience_not_served())
            }
            Error::LifetimeTooLong { longest_seconds } => {
                Self::invalid_request(&Text::ENGLISH.oauth_expires_in_too_long(longest_seconds))
            }
            Error::NotRevocable => Self::bad_request(
                "unsupported_token_type",
                Text::ENGLISH.oauth_not_revocable(),
            ),
            _ => Self::of_problem(&error.into_problem(context.request_id())),
        }
    }

    /// The refusal as RFC 6749, section 5.2, has it.
    pub fn into_response(self) -> Response {
        let mut response = not_to_be_kept(&self.body);
        response.set_status(self.status);
        response.headers_mut().extend(*self.headers);
        forbid_keeping(&mut response);
        response
    }

    fn new(status: StatusCode, error: &'static str, error_description: String) -> Self {
        Self {
            status,
            headers: Box::default(),
            body: Body {
                error,
                error_description,
            },
        }
    }

    fn of_problem(problem: &Problem) -> Self {
        let (status, error) = match problem {
            // The standard's error if the subject token is not accepted for any reason (RFC 8693,
            // section 2.2.2).
            Problem::PersonalAccessTokenMissing
            | Problem::PersonalAccessTokenInvalid
            | Problem::PersonalAccessTokenExpired { .. }
            | Problem::PersonalAccessTokenRevoked
            | Problem::NetworkNotAllowed
            | Problem::OwnerDisabled
            | Problem::OwnerSignInOverdue { .. }
            | Problem::PolicyForbids { .. } => (StatusCode::BAD_REQUEST, "invalid_request"),
            Problem::AuthenticationTokenInvalid
            | Problem::AuthenticationTokenMissing
            | Problem::NotExchanged => (status(problem), "invalid_token"),
            Problem::Forbidden => (status(problem), "insufficient_scope"),
            Problem::TooManyRequests { .. } | Problem::Unavailable => {
                (status(problem), "temporarily_unavailable")
            }
            Problem::InternalError { .. } => (status(problem), "server_error"),
            _ => (status(problem), "invalid_request"),
        };
        let description = match problem {
            Problem::UnsupportedMediaType => Text::ENGLISH.oauth_not_a_form().to_owned(),
            Problem::InvalidRequest { .. } => Text::ENGLISH.oauth_body_unreadable().to_owned(),
            Problem::Forbidden => Text::ENGLISH.oauth_scope_missing(INTROSPECT),
            other => other.message(Text::ENGLISH),
        };
        let mut refusal = Self::new(status, error, description);
        problem_headers(problem, Challenge::Bearer, &mut refusal.headers);
        let challenge = match error {
            "invalid_token" => "Bearer error=\"invalid_token\"",
            "insufficient_scope" => "Bearer error=\"insufficient_scope\", scope=\"introspect\"",
            // The credential was a parameter, so no challenge asks for a header.
            _ => {
                refusal.headers.remove(header::WWW_AUTHENTICATE);
                return refusal;
            }
        };
        refusal.headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        );
        refusal
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::of_problem(&problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(problem: &Problem) -> (u16, &'static str, Option<String>) {
        let refusal = Refusal::of_problem(problem);
        let wait = refusal.headers.get(header::RETRY_AFTER);
        let wait = wait.map(|value| value.to_str().unwrap().to_owned());
        (refusal.status.as_u16(), refusal.body.error, wait)
    }

    #[test]
    fn what_passes_by_itself_says_when_to_come_back() {
        let spent = Problem::too_many_requests(9);
        let wait = Some("9".to_owned());
        assert_eq!(refused(&spent), (429, "temporarily_unavailable", wait));
        let wait = Some("5".to_owned());
        assert_eq!(
            refused(&Problem::Unavailable),
            (503, "temporarily_unavailable", wait)
        );
        let request_id = "0193f2a0-7b1c-7d2e-8f00-0123456789ab".to_owned();
        let failed = Problem::InternalError { request_id };
        assert_eq!(refused(&failed), (500, "server_error", None));
    }
}
