//! Why a request is refused, and what the service answers (RFC 6750, section 3).

use std::{error, fmt, sync::Arc};

use ats_pat_token::VerifyError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// How long a caller should wait before another try, in seconds. The verifier asks the issuer again
/// within this time.
const RETRY_AFTER: u32 = 1;

/// The characters that need no encoding in a query's value (RFC 3986, section 3.4) and mean nothing
/// special in a form's value.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b':')
    .remove(b'_')
    .remove(b'~');

/// Why a request is refused. No variant quotes what the caller presented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request has no bearer token. Send one.
    #[error("an authentication token is required")]
    MissingCredentials {
        /// What is protected; see [`VerifierBuilder::realm`](crate::VerifierBuilder::realm).
        realm: Arc<str>,
    },
    /// The request has two `Authorization` headers, or a malformed one. Correct the caller.
    #[error("the Authorization header is malformed")]
    MalformedCredentials,
    /// The token is not one that the issuer issued for this service, or it is not valid now. The
    /// cause is for the operator of the service. [`VerifyError::Expired`] means: exchange the
    /// personal access token again.
    #[error("the authentication token is not valid")]
    NotValid(#[from] VerifyError),
    /// A personal access token was sent where an authentication token is needed. Exchange it first.
    #[error("this is a personal access token, not an authentication token: exchange it first")]
    NotExchanged,
    /// The token was not signed with one of the issuer's keys, or with one that the issuer has
    /// withdrawn.
    #[error("the authentication token was signed with an unknown key")]
    UnknownKey,
    /// The token was revoked, or regenerated, or its owner was disabled.
    #[error("the authentication token was revoked")]
    Revoked,
    /// The token names no place in the issuer's current list, so it is not known whether it was
    /// revoked. Exchange the personal access token again.
    #[error("the authentication token has no place in the issuer's status list")]
    NotListed,
    /// The token is valid, but lacks the scope. Make a personal access token with the scope.
    #[error("the authentication token lacks the scope {scope}")]
    InsufficientScope {
        /// The scope that the service requires.
        scope: String,
        /// The issuer's form for a new personal access token, with the scope filled in. `None` if
        /// the verifier was told that there is no form.
        form: Option<String>,
    },
    /// The issuer's keys are missing or too old. Try again soon; check the network and the issuer.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
    /// It is not known whether the token was revoked: the issuer's list is missing, or was not
    /// confirmed for longer than
    /// [`VerifierBuilder::staleness_limit`](crate::VerifierBuilder::staleness_limit). Try again
    /// soon; check the network and the issuer.
    #[error("whether the authentication token was revoked is not known")]
    StatusUnavailable,
    /// The call came from outside a tokio runtime. The verifier needs one to follow the issuer.
    #[error("no tokio runtime")]
    NoRuntime,
    /// Neither a middleware nor the request's data has a verifier. Give the service one.
    #[error("no verifier for this request")]
    NoVerifier,
}

impl Error {
    /// The status code of the answer (RFC 6750, section 3.1; RFC 9110, section 15.6.4).
    pub fn status(&self) -> u16 {
        match self {
            Self::MalformedCredentials => 400,
            Self::MissingCredentials { .. }
            | Self::NotValid(_)
            | Self::NotExchanged
            | Self::UnknownKey
            | Self::Revoked
            | Self::NotListed => 401,
            Self::InsufficientScope { .. } => 403,
            Self::NoRuntime | Self::NoVerifier => 500,
            Self::KeysUnavailable | Self::StatusUnavailable => 503,
        }
    }

    /// The value of the answer's `WWW-Authenticate` header, in ASCII; `None` if the token is not
    /// the cause.
    pub fn www_authenticate(&self) -> Option<String> {
        let code = match self {
            Self::MissingCredentials { realm } => return Some(format!("Bearer realm=\"{realm}\"")),
            Self::MalformedCredentials => "invalid_request",
            Self::NotValid(_)
            | Self::NotExchanged
            | Self::UnknownKey
            | Self::Revoked
            | Self::NotListed => "invalid_token",
            Self::InsufficientScope { .. } => "insufficient_scope",
            Self::NoRuntime
            | Self::NoVerifier
            | Self::KeysUnavailable
            | Self::StatusUnavailable => return None,
        };
        let description = self.description();
        let mut value = format!("Bearer error=\"{code}\", error_description=\"{description}\"");
        if let Self::InsufficientScope { scope, form } = self {
            let scope = Some(scope).filter(|scope| is_scope_token(scope));
            for (name, known) in [("scope", scope), ("error_uri", form.as_ref())] {
                if let Some(known) = known {
                    value.extend([", ", name, "=\"", known, "\""]);
                }
            }
        }
        Some(value)
    }

    /// The value of the answer's `Retry-After` header, in seconds; `None` if the same request won't
    /// succeed later either.
    pub fn retry_after(&self) -> Option<u32> {
        (self.status() == 503).then_some(RETRY_AFTER)
    }

    /// A sentence for the caller. It says what the caller can do, and doesn't say which check a
    /// forged token failed.
    pub fn description(&self) -> &'static str {
        self.line().trim_end()
    }

    /// The same sentence with a line end: the body of the answer, for people to read.
    pub(crate) fn line(&self) -> &'static str {
        match self {
            Self::MissingCredentials { .. } => "an authentication token is required\n",
            Self::MalformedCredentials => "the Authorization header is malformed\n",
            Self::NotValid(VerifyError::Expired) => "the authentication token is expired\n",
            Self::Revoked => "the authentication token was revoked\n",
            Self::NotExchanged => {
                "this is a personal access token: exchange it first, and send the authentication token\n"
            }
            Self::NotValid(_) | Self::UnknownKey | Self::NotListed => {
                "the authentication token is not valid\n"
            }
            Self::InsufficientScope { .. } => "the authentication token lacks a scope\n",
            Self::NoRuntime | Self::NoVerifier => "an internal error\n",
            Self::KeysUnavailable | Self::StatusUnavailable => {
                "authentication tokens can't be checked at the moment\n"
            }
        }
    }
}

/// Why a verifier is not ready.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotReady {
    pub(crate) error: Error,
    pub(crate) cause: Option<String>,
}

impl NotReady {
    /// The error that requests get in the meantime.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// Why the issuer's documents could not be read, for example because the metadata is another
    /// issuer's. It is for the operator of the service.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

impl fmt::Display for NotReady {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => write!(formatter, "{}: {cause}", self.error),
            None => write!(formatter, "{}", self.error),
        }
    }
}

impl error::Error for NotReady {}

impl From<NotReady> for Error {
    fn from(not_ready: NotReady) -> Self {
        not_ready.error
    }
}

/// The page where people make a personal access token with another scope.
pub(crate) struct Page(pub(crate) Option<String>);

impl Page {
    pub(crate) fn insufficient_scope(&self, scope: &str) -> Error {
        let form = self.0.as_ref().map(|page| {
            let scopes = utf8_percent_encode(scope, QUERY_VALUE);
            format!("{page}?scopes={scopes}")
        });
        Error::InsufficientScope {
            scope: scope.to_owned(),
            form,
        }
    }
}

/// Whether a text is a scope-token (RFC 6749, section 3.3), so that it can be quoted without
/// change.
fn is_scope_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
