//! Why a request is refused, and what is answered (RFC 6750, section 3).

use std::{error, fmt, sync::Arc};

use ats_pat_token::VerifyError;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// How long to wait before another try, in seconds: the verifier asks the issuer again within this time.
const RETRY_AFTER: u32 = 1;

/// What may stand as it is in a query's value (RFC 3986, section 3.4) and means nothing in a form's.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'/')
    .remove(b':')
    .remove(b'_')
    .remove(b'~');

/// Why a request is refused. None quotes what was presented.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request brings no bearer token: send one.
    #[error("an authentication token is required")]
    MissingCredentials {
        /// What is protected; see [`VerifierBuilder::realm`](crate::VerifierBuilder::realm).
        realm: Arc<str>,
    },
    /// The request has two `Authorization` headers, or a malformed one: mend the caller.
    #[error("the Authorization header is malformed")]
    MalformedCredentials,
    /// The token is not one of the issuer for this service, or not now. The cause is for whoever looks after the
    /// service; [`VerifyError::Expired`] means to exchange the personal access token again.
    #[error("the authentication token is not valid")]
    NotValid(#[from] VerifyError),
    /// A personal access token was sent where an authentication token belongs: exchange it first.
    #[error("this is a personal access token, not an authentication token: exchange it first")]
    NotExchanged,
    /// The token was not signed with one of the issuer's keys, or with one that the issuer took back.
    #[error("the authentication token was signed with an unknown key")]
    UnknownKey,
    /// The token was revoked, or regenerated, or its owner was disabled.
    #[error("the authentication token was revoked")]
    Revoked,
    /// The token names no place in the issuer's current list, so that nobody can tell whether it was revoked. Exchange
    /// the personal access token again.
    #[error("the authentication token has no place in the issuer's status list")]
    NotListed,
    /// The token is good, but not for this: make a personal access token with the scope.
    #[error("the authentication token lacks the scope {scope}")]
    InsufficientScope {
        /// What it lacks.
        scope: String,
        /// The issuer's form for a new personal access token, filled in with the scope; `None` where the verifier was
        /// told that there is none.
        form: Option<String>,
    },
    /// The issuer's keys can't be had, or are too old. Try again soon; look at network and issuer.
    #[error("the issuer's keys are not available")]
    KeysUnavailable,
    /// Whether the token was revoked can't be told: the issuer's list is not here, or was not confirmed for longer
    /// than [`VerifierBuilder::staleness_limit`](crate::VerifierBuilder::staleness_limit). Try again soon; look at
    /// network and issuer.
    #[error("whether the authentication token was revoked is not known")]
    StatusUnavailable,
    /// Not called from within a tokio runtime, which the verifier needs to follow the issuer.
    #[error("no tokio runtime")]
    NoRuntime,
    /// Neither a middleware nor the request's data hold a verifier: give the service one.
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

    /// The value of the answer's `WWW-Authenticate` header, in ASCII; `None` where the bearer is not at fault.
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

    /// The value of the answer's `Retry-After` header, in seconds; `None` where trying again as it is won't help.
    pub fn retry_after(&self) -> Option<u32> {
        (self.status() == 503).then_some(RETRY_AFTER)
    }

    /// A sentence for whoever made the request: it says what they can do something about, and not which check a
    /// forged token failed.
    pub fn description(&self) -> &'static str {
        self.line().trim_end()
    }

    /// The same with a line end, as a text for people: the body of the answer.
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
    /// What requests are refused with meanwhile.
    pub fn error(&self) -> &Error {
        &self.error
    }

    /// What reading the issuer's documents failed of, such as another issuer in its metadata: for whoever looks after
    /// the service.
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

/// Where a personal access token with another scope is made.
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

/// Whether a text is a scope-token (RFC 6749, section 3.3), and so can be quoted as it is.
fn is_scope_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}
