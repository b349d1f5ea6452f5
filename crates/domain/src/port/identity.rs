//! The port to the company's identity providers.

use std::time::Duration;

use async_trait::async_trait;

use super::error::BoxError;
use crate::identity::{Identity, ProviderName};
use crate::time::Timestamp;

/// The random values that bind one sign-in to one browser and one provider. The browser keeps them
/// in a cookie from the redirect to the provider until the provider's answer. Each is used once.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow {
    /// The provider at which the sign-in began.
    pub provider: ProviderName,
    /// The provider sends it back with the browser. It proves that the answer belongs to this
    /// browser.
    pub state: [u8; 32],
    /// The provider puts it into the ID token. It proves that the token was made for this sign-in.
    pub nonce: [u8; 32],
    /// Sent only with the code. It proves that this service asked for the code (RFC 7636).
    pub verifier: [u8; 32],
    /// How long ago the person may have signed in at the provider. `None` if any sign-in there is
    /// enough.
    pub max_age: Option<Duration>,
}

/// What the provider sent back with the browser: the query of the callback.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// `state`: which sign-in the answer is for.
    pub state: Option<String>,
    /// `code`, to be redeemed for tokens.
    pub code: Option<String>,
    /// `iss`: which provider answered (RFC 9207).
    pub issuer: Option<String>,
    /// `error`, if the provider did not sign the person in.
    pub error: Option<String>,
}

/// A person who signed in at a provider, as the provider describes them. Only `identity` says who
/// it is. Names and addresses are only for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenIdentity {
    /// Who the person is at the provider.
    pub identity: Identity,
    /// The name for signing in.
    pub user_name: Option<String>,
    /// The name for display.
    pub display_name: Option<String>,
    /// An e-mail address. Also `None` if the provider says that it is not verified.
    pub email: Option<String>,
    /// The person's id in the company's directory, if the directory knows persons by another claim
    /// than `sub`, and the provider sent that claim.
    pub directory_id: Option<String>,
    /// The groups. `None` if the provider did not send them, or not all of them. That differs from
    /// an empty list.
    pub groups: Option<Vec<String>>,
    /// When the person authenticated at the provider, if it says so (`auth_time`).
    pub authenticated_at: Option<Timestamp>,
    /// The provider's id of this sign-in (`sid`). A logout token can name it later.
    pub session: Option<String>,
}

/// The sign-ins that a provider ends by a back-channel logout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// The one sign-in with this `sid`.
    Session {
        /// `sid`: the provider's id of the sign-in.
        session: String,
        /// `sub`, if the provider sends it.
        subject: Option<Identity>,
    },
    /// All sign-ins of this person at the provider.
    Subject(Identity),
}

/// A logout token that was checked, except for whether its id was seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// The sign-ins that end.
    pub whose: LoggedOut,
    /// `jti`. A second token with it is refused.
    pub token_id: String,
    /// Until when a token with this id could be accepted.
    pub valid_until: Timestamp,
}

/// Why a sign-in or logout at an identity provider failed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The provider can't be reached, is too slow, or answers with an error. Trying later may help.
    #[error("the identity provider does not answer as it should")]
    Unavailable(#[source] BoxError),
    /// The provider says that it did not sign the person in. The person may have cancelled.
    #[error("the identity provider refused: {code}")]
    Refused {
        /// `error` of the answer, such as `access_denied` (RFC 6749, section 4.1.2.1). Only its
        /// first characters.
        code: String,
    },
    /// The answer breaks a rule. It may be forged, for somebody else, or too late. Beginning again
    /// may help.
    #[error("the answer of the identity provider can't be trusted")]
    Untrusted(#[source] BoxError),
    /// The person signed in at the provider longer ago than [`Flow::max_age`], or the provider
    /// doesn't say when.
    #[error("the sign-in at the identity provider is not recent")]
    NotRecent,
}

/// An identity provider of the company.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &ProviderName;

    /// The address to which the service sends the browser to sign in. With [`Flow::max_age`], the
    /// provider asks the person to authenticate again.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`].
    async fn authorization_url(&self, flow: &Flow) -> Result<String, IdentityError>;

    /// Checks the answer to `flow`, and asks the provider who signed in.
    ///
    /// # Errors
    /// [`IdentityError`].
    async fn prove(
        &self,
        flow: &Flow,
        answer: &ProviderAnswer,
    ) -> Result<ProvenIdentity, IdentityError>;

    /// Checks a logout token of the provider (OpenID Connect Back-Channel Logout 1.0). The caller
    /// must check that its id was not seen before.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`] and [`IdentityError::Untrusted`].
    async fn logged_out(&self, logout_token: &str) -> Result<Logout, IdentityError>;

    /// The address that ends the person's sign-in at the provider. `None` if the provider has none.
    /// `hint` tells the provider who signs out (`logout_hint`).
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`].
    async fn end_session_url(&self, hint: Option<&str>) -> Result<Option<String>, IdentityError>;
}
