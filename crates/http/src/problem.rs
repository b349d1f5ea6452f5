//! The status and the headers of a problem.

use ats_pat_domain::Problem;
use poem::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// What a route asks its callers for: the scheme in `WWW-Authenticate` (RFC 9110, section 11.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// A personal access token in the header `personalAccessToken`.
    PersonalAccessToken,
    /// An authentication token in the header `Authorization` (RFC 6750).
    Bearer,
    /// A session, by its cookie.
    Session,
}

impl Challenge {
    /// The value of `WWW-Authenticate`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonalAccessToken => "PersonalAccessToken",
            Self::Bearer => "Bearer",
            Self::Session => "Session",
        }
    }
}

/// The status of a problem, as in the catalogue.
pub fn status(problem: &Problem) -> StatusCode {
    match problem {
        Problem::InvalidRequest { .. }
        | Problem::NotUtf8
        | Problem::ByteOrderMark
        | Problem::FieldMisspelt { .. }
        | Problem::ValidationFailed(_)
        | Problem::QueryMisspelt { .. }
        | Problem::ExpirationNotAllowed { .. }
        | Problem::UnknownScope { .. } => StatusCode::BAD_REQUEST,
        Problem::SignInRequired
        | Problem::InvalidCredentials
        | Problem::PersonalAccessTokenMissing
        | Problem::PersonalAccessTokenInvalid
        | Problem::PersonalAccessTokenExpired { .. }
        | Problem::PersonalAccessTokenRevoked
        | Problem::OwnerDisabled
        | Problem::OwnerSignInOverdue { .. }
        | Problem::AuthenticationTokenInvalid
        | Problem::AuthenticationTokenMissing
        | Problem::NotExchanged
        | Problem::OperatorKeyInvalid => StatusCode::UNAUTHORIZED,
        Problem::Forbidden
        | Problem::CrossSiteRequest
        | Problem::RecentSignInRequired { .. }
        | Problem::NetworkNotAllowed
        | Problem::SelfRegenerateNotAllowed
        | Problem::PolicyForbids { .. } => StatusCode::FORBIDDEN,
        Problem::PathNotFound | Problem::TokenNotFound | Problem::UserNotFound => {
            StatusCode::NOT_FOUND
        }
        Problem::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
        Problem::NameInUse { .. }
        | Problem::TokenNotActive { .. }
        | Problem::TokenLimitReached { .. }
        | Problem::UserNameInUse { .. }
        | Problem::LastAdministrator
        | Problem::CountMismatch { .. }
        | Problem::IdempotencyKeyReused => StatusCode::CONFLICT,
        Problem::VersionMismatch { .. } => StatusCode::PRECONDITION_FAILED,
        Problem::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Problem::UnsupportedMediaType | Problem::ForeignCharset => {
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        }
        Problem::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
        Problem::InternalError { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        Problem::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The limit that is spent, and what is left of it: nothing
/// (draft-ietf-httpapi-ratelimit-headers-10).
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Adds the headers of a problem: `Allow`, `Retry-After`, the limit that is spent, and
/// `WWW-Authenticate` with every 401.
pub fn problem_headers(problem: &Problem, challenge: Challenge, headers: &mut HeaderMap) {
    let mut add = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    match problem {
        Problem::MethodNotAllowed { allow } => add(header::ALLOW, allow.join(", ")),
        Problem::TooManyRequests { seconds, limit } => {
            add(header::RETRY_AFTER, seconds.to_string());
            if let Some(limit) = limit {
                add(RATE_LIMIT_POLICY, limit.to_string());
                add(RATE_LIMIT, format!("\"{}\";r=0;t={seconds}", limit.name));
            }
        }
        Problem::Unavailable => add(
            header::RETRY_AFTER,
            Problem::RETRY_AFTER_UNAVAILABLE.to_string(),
        ),
        _ => {}
    }
    if status(problem) == StatusCode::UNAUTHORIZED {
        add(header::WWW_AUTHENTICATE, challenge.as_str().to_owned());
    }
}
