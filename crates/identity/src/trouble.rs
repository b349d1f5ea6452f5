//! Why a provider could not be asked.

use std::sync::Arc;

use ats_pat_domain::port::IdentityError;

use crate::fetch::FetchError;

/// What is wrong with a provider or the way to it, for operators.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no answer.
    #[error("{what}: {source}")]
    Fetch {
        /// What was asked for.
        what: &'static str,
        /// Why there is no answer.
        #[source]
        source: Arc<FetchError>,
    },
    /// The answer has another status than success. A redirect is one, too.
    #[error("{what}: the answer has the status {status}")]
    Status {
        /// What was asked for.
        what: &'static str,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// The answer is not of the media type that it has to be.
    #[error("{what}: the answer is not JSON")]
    MediaType {
        /// What was asked for.
        what: &'static str,
    },
    /// The answer can't be read.
    #[error("{what}: the answer can't be read")]
    Malformed {
        /// What was asked for.
        what: &'static str,
    },
    /// The discovery document is for another issuer.
    #[error("the discovery document says that the issuer is {found:?}, and the setting differs")]
    OtherIssuer {
        /// The issuer there, its first characters.
        found: String,
    },
    /// The discovery document names an address without TLS, or none.
    #[error("the discovery document has no https address for {what}")]
    Endpoint {
        /// What the address is for.
        what: &'static str,
    },
    /// No published key can check a signature.
    #[error("the provider publishes no key, or more than 100")]
    Keys,
    /// The provider does not know this service, or its secret.
    #[error("the provider refused this service as a client: {code}")]
    Client {
        /// `error` of the answer.
        code: String,
    },
}

impl From<Trouble> for IdentityError {
    fn from(trouble: Trouble) -> Self {
        Self::Unavailable(trouble.into())
    }
}
