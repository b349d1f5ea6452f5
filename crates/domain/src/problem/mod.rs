//! Refusals: why a request is refused.

mod message;

use crate::code::Code;
use crate::rate_limit::RateLimit;
use crate::rule::Rule;
use crate::status::Status;
use crate::time::Timestamp;
pub use crate::validation::{Failure, Place, Reason};

/// A refusal, with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A part of the request can't be read.
    InvalidRequest {
        /// Which part of the request it is.
        place: Place,
        /// The path of the field, or the name of the header, if known.
        path: Option<String>,
    },
    /// The body is not UTF-8. The answer has [`Code::InvalidRequest`].
    NotUtf8,
    /// The body begins with a byte order mark. The answer has [`Code::InvalidRequest`].
    ByteOrderMark,
    /// The name of a field in the body is written in another case, or with other characters between
    /// its words. The answer has [`Code::InvalidRequest`].
    FieldMisspelt {
        /// The field as it was written.
        path: String,
        /// The field's name, correctly spelt.
        expected: String,
    },
    /// Values are not valid. Lists every field that fails.
    ValidationFailed(Vec<Failure>),
    /// The query has names that look like a parameter's name, but differ from it. The answer has
    /// [`Code::ValidationFailed`].
    QueryMisspelt {
        /// The names as they were written.
        names: Vec<String>,
        /// The parameter's name, correctly spelt.
        expected: &'static str,
    },
    /// The path does not exist.
    PathNotFound,
    /// The path does not support the method.
    MethodNotAllowed {
        /// The methods that it supports, for the header `Allow`.
        allow: Vec<&'static str>,
    },
    /// The body is too large.
    BodyTooLarge {
        /// The most bytes that are read.
        limit: usize,
    },
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is declared to be in an encoding other than UTF-8. The answer has
    /// [`Code::UnsupportedMediaType`].
    ForeignCharset,
    /// The request has no valid session.
    SignInRequired,
    /// User name or password is wrong.
    InvalidCredentials,
    /// The user may not do this.
    Forbidden,
    /// A page of another site made the request.
    CrossSiteRequest,
    /// The user gave the password too long ago. The session must be confirmed first.
    RecentSignInRequired {
        /// How many minutes ago it may be at most.
        minutes: u32,
    },
    /// The exchange request has no personal access token.
    PersonalAccessTokenMissing,
    /// The exchange request has something else in place of a personal access token of this service.
    PersonalAccessTokenInvalid,
    /// The personal access token has expired.
    PersonalAccessTokenExpired {
        /// From when on the token is refused.
        expiry: Timestamp,
    },
    /// The personal access token was revoked.
    PersonalAccessTokenRevoked,
    /// The personal access token may not be used from the caller's address.
    NetworkNotAllowed,
    /// The user is disabled.
    OwnerDisabled,
    /// The owner has not signed in at the identity provider for longer than the operator allows.
    OwnerSignInOverdue {
        /// How many days may pass between two sign-ins.
        days: u32,
    },
    /// The authentication token is not valid.
    AuthenticationTokenInvalid,
    /// The request has no authentication token. The answer has
    /// [`Code::AuthenticationTokenInvalid`].
    AuthenticationTokenMissing,
    /// The request has a personal access token in place of an authentication token. The answer has
    /// [`Code::AuthenticationTokenInvalid`].
    NotExchanged,
    /// The token may not regenerate itself, or no longer, or not with a secret that was replaced.
    SelfRegenerateNotAllowed,
    /// The operator key is malformed, unknown, expired or revoked, or may not be used from the
    /// caller's address.
    OperatorKeyInvalid,
    /// The user has no such token.
    TokenNotFound,
    /// Another active token of the user has the name.
    NameInUse {
        /// The name as it was requested.
        name: String,
    },
    /// The expiration is in the past, or later than the policy allows.
    ExpirationNotAllowed {
        /// The latest time that the policy allows.
        latest: Timestamp,
    },
    /// The token must be active for this, but is not.
    TokenNotActive {
        /// Why the token is not active.
        status: Status,
    },
    /// The user has as many active tokens as the policy allows.
    TokenLimitReached {
        /// The most active tokens that one owner may have.
        limit: u32,
    },
    /// The policy doesn't offer the scope.
    UnknownScope {
        /// The scope as it was requested.
        scope: String,
    },
    /// The policy forbids it.
    PolicyForbids {
        /// The rule of the policy that forbids it.
        rule: Rule,
    },
    /// The object has changed since the caller read it.
    VersionMismatch {
        /// The version that the object has now.
        current: String,
    },
    /// The idempotency key was sent before, with another body.
    IdempotencyKeyReused,
    /// There is no such user, or no such service account that the caller is responsible for.
    UserNotFound,
    /// Another user has the name.
    UserNameInUse {
        /// The name as it was requested.
        name: String,
    },
    /// Without this user, nobody could administer the service any more.
    LastAdministrator,
    /// Another number of tokens passes a filter than was confirmed.
    CountMismatch {
        /// How many were confirmed.
        confirmed: u64,
        /// How many pass now.
        current: u64,
    },
    /// There were too many attempts.
    TooManyRequests {
        /// How many seconds to wait before the next try.
        seconds: u64,
        /// The limit that is spent, if it is one of so many in a time.
        limit: Option<RateLimit>,
    },
    /// The program has a defect.
    InternalError {
        /// The request ID, by which operators find the cause in the log.
        request_id: String,
    },
    /// The service can't answer now. A change may have happened, but never a part of it.
    Unavailable,
}

impl Problem {
    /// How many seconds a caller should wait after [`Self::Unavailable`].
    pub const RETRY_AFTER_UNAVAILABLE: u64 = 5;

    /// [`Self::TooManyRequests`] where something is busy, and not a limit spent.
    pub const fn too_many_requests(seconds: u64) -> Self {
        Self::TooManyRequests {
            seconds,
            limit: None,
        }
    }

    /// [`Self::ValidationFailed`] with one field.
    pub fn validation(field: &'static str, reason: Reason) -> Self {
        Self::ValidationFailed(vec![Failure::new(field, reason)])
    }

    /// The response code of the answer.
    pub const fn code(&self) -> Code {
        match self {
            Self::InvalidRequest { .. }
            | Self::NotUtf8
            | Self::ByteOrderMark
            | Self::FieldMisspelt { .. } => Code::InvalidRequest,
            Self::ValidationFailed(_) | Self::QueryMisspelt { .. } => Code::ValidationFailed,
            Self::PathNotFound => Code::PathNotFound,
            Self::MethodNotAllowed { .. } => Code::MethodNotAllowed,
            Self::BodyTooLarge { .. } => Code::BodyTooLarge,
            Self::UnsupportedMediaType | Self::ForeignCharset => Code::UnsupportedMediaType,
            Self::SignInRequired => Code::SignInRequired,
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::Forbidden => Code::Forbidden,
            Self::CrossSiteRequest => Code::CrossSiteRequest,
            Self::RecentSignInRequired { .. } => Code::RecentSignInRequired,
            Self::PersonalAccessTokenMissing => Code::PersonalAccessTokenMissing,
            Self::PersonalAccessTokenInvalid => Code::PersonalAccessTokenInvalid,
            Self::PersonalAccessTokenExpired { .. } => Code::PersonalAccessTokenExpired,
            Self::PersonalAccessTokenRevoked => Code::PersonalAccessTokenRevoked,
            Self::NetworkNotAllowed => Code::NetworkNotAllowed,
            Self::OwnerDisabled => Code::OwnerDisabled,
            Self::OwnerSignInOverdue { .. } => Code::OwnerSignInOverdue,
            Self::AuthenticationTokenInvalid
            | Self::AuthenticationTokenMissing
            | Self::NotExchanged => Code::AuthenticationTokenInvalid,
            Self::SelfRegenerateNotAllowed => Code::SelfRegenerateNotAllowed,
            Self::OperatorKeyInvalid => Code::OperatorKeyInvalid,
            Self::TokenNotFound => Code::TokenNotFound,
            Self::NameInUse { .. } => Code::NameInUse,
            Self::ExpirationNotAllowed { .. } => Code::ExpirationNotAllowed,
            Self::TokenNotActive { .. } => Code::TokenNotActive,
            Self::TokenLimitReached { .. } => Code::TokenLimitReached,
            Self::UnknownScope { .. } => Code::UnknownScope,
            Self::PolicyForbids { .. } => Code::PolicyForbids,
            Self::VersionMismatch { .. } => Code::VersionMismatch,
            Self::IdempotencyKeyReused => Code::IdempotencyKeyReused,
            Self::UserNotFound => Code::UserNotFound,
            Self::UserNameInUse { .. } => Code::UserNameInUse,
            Self::LastAdministrator => Code::LastAdministrator,
            Self::CountMismatch { .. } => Code::CountMismatch,
            Self::TooManyRequests { .. } => Code::TooManyRequests,
            Self::InternalError { .. } => Code::InternalError,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// The values in the sentence, in order.
    pub fn parameters(&self) -> Vec<String> {
        match self {
            Self::InvalidRequest { place, path } => {
                let place = match place {
                    Place::Body => "body",
                    Place::Header => "header",
                };
                std::iter::once(place.to_owned())
                    .chain(path.clone())
                    .collect()
            }
            Self::NotUtf8 | Self::ByteOrderMark => vec!["body".to_owned()],
            Self::FieldMisspelt { path, .. } => vec!["body".to_owned(), path.clone()],
            Self::ValidationFailed(failures) => failures
                .iter()
                .flat_map(|failure| {
                    [
                        failure.field.to_string(),
                        failure.reason.as_str().to_owned(),
                    ]
                })
                .collect(),
            Self::QueryMisspelt { names, .. } => names
                .iter()
                .flat_map(|name| [name.clone(), Reason::UnknownValue.as_str().to_owned()])
                .collect(),
            Self::BodyTooLarge { limit } => vec![limit.to_string()],
            Self::RecentSignInRequired { minutes } => vec![minutes.to_string()],
            Self::PersonalAccessTokenExpired { expiry } => vec![expiry.to_string()],
            Self::OwnerSignInOverdue { days } => vec![days.to_string()],
            Self::NameInUse { name } | Self::UserNameInUse { name } => vec![name.clone()],
            Self::ExpirationNotAllowed { latest } => vec![latest.to_string()],
            Self::TokenNotActive { status } => vec![status.to_string()],
            Self::TokenLimitReached { limit } => vec![limit.to_string()],
            Self::UnknownScope { scope } => vec![scope.clone()],
            Self::PolicyForbids { rule } => vec![rule.as_str().to_owned()],
            Self::VersionMismatch { current } => vec![current.clone()],
            Self::CountMismatch { confirmed, current } => {
                vec![confirmed.to_string(), current.to_string()]
            }
            Self::TooManyRequests { seconds, .. } => vec![seconds.to_string()],
            Self::InternalError { request_id } => vec![request_id.clone()],
            Self::PathNotFound
            | Self::MethodNotAllowed { .. }
            | Self::UnsupportedMediaType
            | Self::ForeignCharset
            | Self::SignInRequired
            | Self::InvalidCredentials
            | Self::Forbidden
            | Self::CrossSiteRequest
            | Self::PersonalAccessTokenMissing
            | Self::PersonalAccessTokenInvalid
            | Self::PersonalAccessTokenRevoked
            | Self::NetworkNotAllowed
            | Self::OwnerDisabled
            | Self::AuthenticationTokenInvalid
            | Self::AuthenticationTokenMissing
            | Self::NotExchanged
            | Self::SelfRegenerateNotAllowed
            | Self::OperatorKeyInvalid
            | Self::TokenNotFound
            | Self::IdempotencyKeyReused
            | Self::UserNotFound
            | Self::LastAdministrator
            | Self::Unavailable => Vec::new(),
        }
    }
}
