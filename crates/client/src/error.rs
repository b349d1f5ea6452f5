//! Why there is no bearer token.

use std::io;
use std::path::Path;
use std::sync::Arc;

use ats_pat_token::PersonalAccessToken;

/// Why there is no bearer token. Each variant needs another action. None holds a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The URL of the service, or an origin, can't be used. Correct it.
    #[error("{url:?} can't be used: {reason}")]
    Url {
        /// The URL, without the part that may be a password.
        url: String,
        /// What to write instead, in words.
        reason: &'static str,
    },
    /// No secure connection can be made, and asking again won't help. Either this system doesn't
    /// trust the service's certificate, or the other side doesn't speak TLS, or the system's
    /// certificates can't be read. The cause says which.
    #[error("no secure connection can be made")]
    Tls(#[source] Arc<reqwest::Error>),
    /// The personal access token has expired. Make a new one.
    #[error("the exchange is refused: {0}")]
    Expired(Refusal),
    /// The personal access token was revoked. Make a new one.
    #[error("the exchange is refused: {0}")]
    Revoked(Refusal),
    /// The service doesn't know the personal access token. It may have been regenerated. Use the
    /// current one, and check that it belongs to this service.
    #[error("the exchange is refused: {0}")]
    Invalid(Refusal),
    /// The owner of the personal access token is disabled. Ask the operator.
    #[error("the exchange is refused: {0}")]
    OwnerDisabled(Refusal),
    /// The owner of the personal access token has not signed in at the company's identity provider
    /// for longer than the operator allows. The owner has to sign in on the web pages.
    #[error("the exchange is refused: {0}")]
    OwnerSignInOverdue(Refusal),
    /// The personal access token may not be used from this network. Call from another, or allow
    /// this one.
    #[error("the exchange is refused: {0}")]
    NetworkNotAllowed(Refusal),
    /// The service doesn't name the audiences of its token, though
    /// [`audience`](crate::Builder::audience) asked for some. The service is older than that
    /// parameter, and may have given a token for all audiences. Update the service, or ask for no
    /// audience.
    #[error(
        "the service does not say for whom its token is, so it may be for more than the audiences that were asked for: update the service, or ask for no audience"
    )]
    AudienceNotTold,
    /// The service gave a token that is also for an audience that the client didn't ask for. The
    /// client doesn't use it. Tell the operator.
    #[error(
        "the token of the service is also for the audience {audience:?}, which was not asked for: tell the operator of the service"
    )]
    AudienceTooWide {
        /// The first such audience.
        audience: String,
    },
    /// The personal access token may not regenerate itself. Its owner made it without that right,
    /// or with an end of that right, and the end has passed.
    #[error("the personal access token can't be replaced: {0}")]
    SelfRegenerateNotAllowed(Refusal),
    /// The file of the personal access token, or one beside it, can't be read or written.
    #[error("{path} can't be used as the file of a personal access token")]
    File {
        /// The path of that file.
        path: String,
        /// What the operating system answered.
        #[source]
        cause: Arc<io::Error>,
    },
    /// The client's personal access token is not from a file, so the client can't replace it.
    #[error(
        "the client has its personal access token from no file: there is no place for the next one"
    )]
    NoFile,
    /// Another program is replacing the personal access token of this file. Try again later.
    #[error("another program is just replacing the personal access token of this file")]
    FileInUse,
    /// The service refuses for a reason that this release doesn't know. Read its message.
    #[error("the exchange is refused: {0}")]
    Refused(Refusal),
    /// The service can't be reached, is busy, or gives an unexpected answer. The client has already
    /// tried again where that could help. Try again later.
    #[error("the service can't be asked now")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

/// What the service says about a refusal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct Refusal {
    code: u32,
    message: String,
}

/// Longer sentences are cut, because text from a network must not fill logs.
const LONGEST_MESSAGE: usize = 300;

impl Refusal {
    /// The values of the envelope, without characters that could harm a log.
    pub(crate) fn new(code: u32, message: &str) -> Self {
        Self {
            code,
            message: harmless(message),
        }
    }

    /// The envelope's `ResponseCode`. It never changes.
    pub fn code(&self) -> u32 {
        self.code
    }

    /// The envelope's `ErrorMessage`: one English sentence for a person.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// The service's text, without characters that could harm a log.
fn harmless(text: &str) -> String {
    // The service quotes no secret. But another server in its place may send back the request.
    if text.contains(PersonalAccessToken::PREFIX) {
        return "(a message that quotes a personal access token)".to_owned();
    }
    let harmless = text.chars().filter(|c| !is_harmful(*c));
    harmless.take(LONGEST_MESSAGE).collect()
}

/// Control characters, line and paragraph separators, and the bidirectional controls (Unicode
/// Standard Annex 9, section 2). They end a line of a log, or make it look different.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl Error {
    /// The service's answer, if it refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Expired(refusal)
            | Self::Revoked(refusal)
            | Self::Invalid(refusal)
            | Self::OwnerDisabled(refusal)
            | Self::OwnerSignInOverdue(refusal)
            | Self::NetworkNotAllowed(refusal)
            | Self::SelfRegenerateNotAllowed(refusal)
            | Self::Refused(refusal) => Some(refusal),
            Self::Url { .. }
            | Self::File { .. }
            | Self::NoFile
            | Self::FileInUse
            | Self::Tls(_)
            | Self::AudienceNotTold
            | Self::AudienceTooWide { .. }
            | Self::Unavailable(_) => None,
        }
    }

    /// [`Self::AudienceTooWide`], without characters that could harm a log.
    pub(crate) fn too_wide(audience: &[u8]) -> Self {
        let text = String::from_utf8_lossy(audience);
        Self::AudienceTooWide {
            audience: harmless(&text),
        }
    }

    pub(crate) fn file(path: &Path, cause: io::Error) -> Self {
        Self::File {
            path: path.display().to_string(),
            cause: Arc::new(cause),
        }
    }

    pub(crate) fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(cause))
    }
}

/// The refusals of an exchange, by the catalogue of codes.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal.code {
            1201 => Self::Invalid(refusal),
            1202 => Self::Expired(refusal),
            1203 => Self::Revoked(refusal),
            1204 => Self::NetworkNotAllowed(refusal),
            1205 => Self::OwnerDisabled(refusal),
            1207 => Self::OwnerSignInOverdue(refusal),
            1208 => Self::SelfRegenerateNotAllowed(refusal),
            _ => Self::Refused(refusal),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_cut_and_cleaned_before_it_reaches_a_log() {
        let refusal = Refusal::new(1500, &format!("a\r\nb\u{1b}[31m{}", "x".repeat(1000)));
        assert!(refusal.message().starts_with("ab[31mxxx"));
        assert_eq!(refusal.message().chars().count(), LONGEST_MESSAGE);
    }

    #[test]
    fn a_message_neither_ends_a_line_nor_turns_one_around() {
        for c in [
            '\n', '\u{85}', '\u{2028}', '\u{2029}', '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}',
            '\u{202e}', '\u{2066}', '\u{2069}',
        ] {
            let refusal = Refusal::new(1500, &format!("a{c}b"));
            assert_eq!(refusal.message(), "ab", "{c:?}");
        }
        assert_eq!(Refusal::new(1500, "für 日本 ☃").message(), "für 日本 ☃");
    }
}
