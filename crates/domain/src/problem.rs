//! Refusals: what was wrong, in the words of the catalogue.

use crate::code::Code;
use crate::rule::Rule;
use crate::status::Status;
use crate::time::Timestamp;
pub use crate::validation::{Failure, Reason};

/// Which part of a request could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The JSON body.
    Body,
    /// A header.
    Header,
}

/// A refusal of the catalogue with its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A part of the request can't be read.
    InvalidRequest {
        /// Where.
        place: Place,
        /// The field's path, or the header's name, where known.
        path: Option<String>,
    },
    /// The body is not UTF-8. Answered as [`Code::InvalidRequest`].
    NotUtf8,
    /// The body begins with a byte order mark. Answered as [`Code::InvalidRequest`].
    ByteOrderMark,
    /// A field of the body is written in another case, or with other signs between its words. Answered as
    /// [`Code::InvalidRequest`].
    FieldMisspelt {
        /// As it was written.
        path: String,
        /// As it is to be written.
        expected: String,
    },
    /// Values are not allowed: every field that fails.
    ValidationFailed(Vec<Failure>),
    /// Nothing is at the path.
    PathNotFound,
    /// The path does not take the method.
    MethodNotAllowed {
        /// The methods that the path takes, for the header `Allow`.
        allow: Vec<&'static str>,
    },
    /// The body is larger than the interface reads.
    BodyTooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// The body is declared to be in another encoding than UTF-8. Answered as [`Code::UnsupportedMediaType`].
    ForeignCharset,
    /// The request has no valid session.
    SignInRequired,
    /// User name or password is wrong.
    InvalidCredentials,
    /// The user may not do this.
    Forbidden,
    /// A page of another site made the request.
    CrossSiteRequest,
    /// The exchange got no personal access token.
    PersonalAccessTokenMissing,
    /// The exchange got something that is no personal access token of this service.
    PersonalAccessTokenInvalid,
    /// The personal access token has expired.
    PersonalAccessTokenExpired {
        /// When it expired.
        expiry: Timestamp,
    },
    /// The personal access token was revoked.
    PersonalAccessTokenRevoked,
    /// The personal access token may not be used from the caller's address.
    NetworkNotAllowed,
    /// The user is disabled.
    OwnerDisabled,
    /// The authentication token is not valid.
    AuthenticationTokenInvalid,
    /// The request has no authentication token. Answered as [`Code::AuthenticationTokenInvalid`].
    AuthenticationTokenMissing,
    /// A personal access token was sent in place of an authentication token. Answered as
    /// [`Code::AuthenticationTokenInvalid`].
    NotExchanged,
    /// The user has no such token.
    TokenNotFound,
    /// Another active token of the user has the name.
    NameInUse {
        /// The name as asked for.
        name: String,
    },
    /// The expiry lies in the past, or later than the policy allows.
    ExpirationNotAllowed {
        /// The latest time that the policy allows.
        latest: Timestamp,
    },
    /// The token is not active, and only an active one can do this.
    TokenNotActive {
        /// What it is instead.
        status: Status,
    },
    /// The user has as many active tokens as the policy allows.
    TokenLimitReached {
        /// The most active tokens of one owner.
        limit: u32,
    },
    /// The scope is not on offer.
    UnknownScope {
        /// The scope as asked for.
        scope: String,
    },
    /// The policy forbids it.
    PolicyForbids {
        /// Which of its rules.
        rule: Rule,
    },
    /// The idempotency key was sent before, with another body.
    IdempotencyKeyReused,
    /// The caller tried too often.
    TooManyRequests {
        /// After how many seconds to try again.
        seconds: u64,
    },
    /// The program has a defect.
    InternalError {
        /// What the operator finds the cause by, in the log.
        request_id: String,
    },
    /// The service can't answer now. A change may have happened.
    Unavailable,
}

impl Problem {
    /// How long a caller should wait after [`Self::Unavailable`], in seconds.
    pub const RETRY_AFTER_UNAVAILABLE: u64 = 5;

    /// [`Self::ValidationFailed`] for one field.
    pub fn validation(field: &'static str, reason: Reason) -> Self {
        Self::ValidationFailed(vec![Failure { field, reason }])
    }

    /// The catalogue's code.
    pub const fn code(&self) -> Code {
        match self {
            Self::InvalidRequest { .. }
            | Self::NotUtf8
            | Self::ByteOrderMark
            | Self::FieldMisspelt { .. } => Code::InvalidRequest,
            Self::ValidationFailed(_) => Code::ValidationFailed,
            Self::PathNotFound => Code::PathNotFound,
            Self::MethodNotAllowed { .. } => Code::MethodNotAllowed,
            Self::BodyTooLarge { .. } => Code::BodyTooLarge,
            Self::UnsupportedMediaType | Self::ForeignCharset => Code::UnsupportedMediaType,
            Self::SignInRequired => Code::SignInRequired,
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::Forbidden => Code::Forbidden,
            Self::CrossSiteRequest => Code::CrossSiteRequest,
            Self::PersonalAccessTokenMissing => Code::PersonalAccessTokenMissing,
            Self::PersonalAccessTokenInvalid => Code::PersonalAccessTokenInvalid,
            Self::PersonalAccessTokenExpired { .. } => Code::PersonalAccessTokenExpired,
            Self::PersonalAccessTokenRevoked => Code::PersonalAccessTokenRevoked,
            Self::NetworkNotAllowed => Code::NetworkNotAllowed,
            Self::OwnerDisabled => Code::OwnerDisabled,
            Self::AuthenticationTokenInvalid
            | Self::AuthenticationTokenMissing
            | Self::NotExchanged => Code::AuthenticationTokenInvalid,
            Self::TokenNotFound => Code::TokenNotFound,
            Self::NameInUse { .. } => Code::NameInUse,
            Self::ExpirationNotAllowed { .. } => Code::ExpirationNotAllowed,
            Self::TokenNotActive { .. } => Code::TokenNotActive,
            Self::TokenLimitReached { .. } => Code::TokenLimitReached,
            Self::UnknownScope { .. } => Code::UnknownScope,
            Self::PolicyForbids { .. } => Code::PolicyForbids,
            Self::IdempotencyKeyReused => Code::IdempotencyKeyReused,
            Self::TooManyRequests { .. } => Code::TooManyRequests,
            Self::InternalError { .. } => Code::InternalError,
            Self::Unavailable => Code::Unavailable,
        }
    }

    /// The values that stand in the sentence, in order.
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
                .flat_map(|failure| [failure.field.to_owned(), failure.reason.as_str().to_owned()])
                .collect(),
            Self::BodyTooLarge { limit } => vec![limit.to_string()],
            Self::PersonalAccessTokenExpired { expiry } => vec![expiry.to_string()],
            Self::NameInUse { name } => vec![name.clone()],
            Self::ExpirationNotAllowed { latest } => vec![latest.to_string()],
            Self::TokenNotActive { status } => vec![status.to_string()],
            Self::TokenLimitReached { limit } => vec![limit.to_string()],
            Self::UnknownScope { scope } => vec![scope.clone()],
            Self::PolicyForbids { rule } => vec![rule.as_str().to_owned()],
            Self::TooManyRequests { seconds } => vec![seconds.to_string()],
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
            | Self::TokenNotFound
            | Self::IdempotencyKeyReused
            | Self::Unavailable => Vec::new(),
        }
    }

    /// One English sentence for a person.
    pub fn message(&self) -> String {
        match self {
            Self::InvalidRequest { place: Place::Body, path: None } => "The body is not the JSON object that this operation takes.".to_owned(),
            Self::InvalidRequest { place: Place::Body, path: Some(path) } => format!("The body's field {path} is unknown or of the wrong type."),
            Self::InvalidRequest { place: Place::Header, path: None } => "A header can't be read.".to_owned(),
            Self::InvalidRequest { place: Place::Header, path: Some(path) } => format!("The header {path} can't be read."),
            Self::NotUtf8 => "The body is not UTF-8: send the JSON object in UTF-8.".to_owned(),
            Self::ByteOrderMark => "The body begins with a byte order mark: send the JSON object in UTF-8 without it.".to_owned(),
            Self::FieldMisspelt { path, expected } => format!("The body's field {path} is unknown: write it as {expected}."),
            Self::ValidationFailed(failures) => {
                let parts: Vec<String> = failures.iter().map(|failure| format!("{} ({})", failure.field, failure.reason.as_str())).collect();
                format!("These values are not allowed: {}.", parts.join(", "))
            }
            Self::PathNotFound => "There is nothing at this path.".to_owned(),
            Self::MethodNotAllowed { .. } => "This path does not take this method; see the header Allow.".to_owned(),
            Self::BodyTooLarge { limit } => format!("The body is larger than {limit} bytes."),
            Self::UnsupportedMediaType => "The body must be sent as application/json.".to_owned(),
            Self::ForeignCharset => "The body must be UTF-8: send it as application/json without a charset, or with charset=utf-8.".to_owned(),
            Self::SignInRequired => "Sign in first: only a session may do this.".to_owned(),
            Self::InvalidCredentials => "The user name or the password is wrong.".to_owned(),
            Self::Forbidden => "You are not allowed to do this.".to_owned(),
            Self::CrossSiteRequest => "The request comes from another site and was refused.".to_owned(),
            Self::PersonalAccessTokenMissing => "Send your personal access token in the header personalAccessToken.".to_owned(),
            Self::PersonalAccessTokenInvalid => "The personal access token is not valid.".to_owned(),
            Self::PersonalAccessTokenExpired { expiry } => format!("The personal access token expired at {expiry}."),
            Self::PersonalAccessTokenRevoked => "The personal access token was revoked.".to_owned(),
            Self::NetworkNotAllowed => "The personal access token may not be used from this network.".to_owned(),
            Self::OwnerDisabled => "The user is disabled.".to_owned(),
            Self::AuthenticationTokenInvalid => "The authentication token is not valid: exchange the personal access token again.".to_owned(),
            Self::AuthenticationTokenMissing => "Send an authentication token in the header Authorization, as Bearer.".to_owned(),
            Self::NotExchanged => "This is a personal access token: exchange it first, and send the authentication token that you get.".to_owned(),
            Self::TokenNotFound => "You have no such personal access token.".to_owned(),
            Self::NameInUse { name } => format!("The name {name} is in use: choose another."),
            Self::ExpirationNotAllowed { latest } => format!("The expiration must lie in the future and not after {latest}."),
            Self::TokenNotActive { status } => format!("Only an active personal access token can do this; this one is {status}."),
            Self::TokenLimitReached { limit } => format!("You have {limit} active personal access tokens, as many as are allowed: revoke one first."),
            Self::UnknownScope { scope } => format!("There is no scope {scope}."),
            Self::PolicyForbids { rule: Rule::Overlap } => "The policy allows only a shorter overlap: choose fewer hours.".to_owned(),
            Self::IdempotencyKeyReused => "This Idempotency-Key was sent before with another body: send a new key with each new request.".to_owned(),
            Self::TooManyRequests { seconds } => format!("Too many attempts: try again in {seconds} seconds."),
            Self::InternalError { request_id } => format!("Something went wrong inside; the operator finds it under the request id {request_id}."),
            Self::Unavailable => "The service can't answer now: try again soon. A change may have happened; look before you repeat it.".to_owned(),
        }
    }
}
