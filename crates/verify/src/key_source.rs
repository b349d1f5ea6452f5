//! Where the issuer's documents come from.

use std::{error, pin::Pin, time::Duration};

/// Brings the documents that the issuer publishes: its metadata, its keys and its status list.
///
/// It only transfers them. The [`Verifier`](crate::Verifier) checks them, and also sets the time
/// limit. `Fetch`, of the feature `fetch`, reads them over HTTP. Tests can keep the documents in
/// memory.
pub trait KeySource: Send + Sync + 'static {
    /// Gets the document, or learns that it is still current.
    fn get(
        &self,
        request: DocumentRequest<'_>,
    ) -> impl Future<Output = Result<Document, SourceError>> + Send;
}

/// Which document is requested, and which answers are accepted.
#[derive(Clone, Copy, Debug)]
pub struct DocumentRequest<'a> {
    /// The absolute address of the document.
    pub url: &'a str,
    /// The media types that are accepted, in lower case and without parameters (RFC 9110, section
    /// 8.3.1).
    pub media_types: &'static [&'static str],
    /// How many bytes the document may have. Don't read more.
    pub max_length: usize,
    /// The entity tag of the document that the verifier has (RFC 9110, section 13.1.2).
    pub etag: Option<&'a str>,
}

/// The answer to a [`DocumentRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// The document as it is now.
    Current {
        /// Its bytes, as they are after transfer and content codings.
        body: Vec<u8>,
        /// Its entity tag, quotes included (RFC 9110, section 8.8.3).
        etag: Option<String>,
        /// How long ago the issuer knew that it is the current one (`Age`; RFC 9111, section 5.1).
        /// The limits for old documents count from then. It is zero if the source doesn't tell.
        age: Duration,
    },
    /// The document with the entity tag of the request is still the current one.
    NotModified {
        /// As in [`Document::Current`]: how long ago the issuer knew it.
        age: Duration,
    },
}

/// Why a document did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// There is no document at this address.
    #[error("there is nothing at this address")]
    Gone,
    /// The issuer answered with another status.
    #[error("answered with status {0}")]
    Status(u16),
    /// The document is of another kind, perhaps a proxy's page.
    #[error("not of the expected media type")]
    MediaType,
    /// The document is longer than [`DocumentRequest::max_length`].
    #[error("longer than allowed")]
    TooLong,
    /// The address is not allowed: only `https`, and `http` on this machine.
    #[error("not an https address")]
    Insecure,
    /// The answer did not come within the time limit.
    #[error("no answer within the time limit")]
    TimedOut,
    /// The network failed, or the connection was not secure.
    #[error("the request failed")]
    Transport(#[source] Box<dyn error::Error + Send + Sync>),
}

/// A [`KeySource`] of any type.
pub(crate) trait AnySource: Send + Sync {
    fn get<'a>(&'a self, request: DocumentRequest<'a>) -> Answer<'a>;
}

pub(crate) type Answer<'a> =
    Pin<Box<dyn Future<Output = Result<Document, SourceError>> + Send + 'a>>;

impl<S: KeySource> AnySource for S {
    fn get<'a>(&'a self, request: DocumentRequest<'a>) -> Answer<'a> {
        Box::pin(KeySource::get(self, request))
    }
}
