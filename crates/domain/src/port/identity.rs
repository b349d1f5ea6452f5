//! An identity provider of the company, as the rules see it.

use std::time::Duration;

use async_trait::async_trait;

use super::error::BoxError;
use crate::identity::{Identity, ProviderName};
use crate::time::Timestamp;

/// The random values that bind one sign-in to one browser and one provider. The browser keeps them
/// in a cookie from the redirect to the provider until its answer; each is used once.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow {
    /// At which provider it began.
    pub provider: ProviderName,
    /// Comes back with the browser: the answer belongs to this browser.
    pub state: [u8; 32],
    /// Comes back in the ID token: the token was made for this sign-in.
    pub nonce: [u8; 32],
    /// Shown with the code only: the code was asked for by this service (RFC 7636).
    pub verifier: [u8; 32],
    /// For a sign-in that has to be recent: how long ago the person may have signed in at the
    /// provider. `None` where an older sign-in there is good enough.
    pub max_age: Option<Duration>,
}

/// What the provider sent back with the browser: the query of the callback.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ProviderAnswer {
    /// `state`.
    pub state: Option<String>,
    /// `code`.
    pub code: Option<String>,
    /// `iss` (RFC 9207).
    pub issuer: Option<String>,
    /// `error`, of a person who was not signed in.
    pub error: Option<String>,
}

/// Somebody who signed in at a provider, as that provider tells it. Only `identity` says who it is;
/// names and addresses are what the person is shown by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenIdentity {
    /// Who.
    pub identity: Identity,
    /// The name to sign in with.
    pub user_name: Option<String>,
    /// The name to be shown by.
    pub display_name: Option<String>,
    /// A mail address. `None` also where the provider says that it is not verified.
    pub email: Option<String>,
    /// Who it is in the company's directory, if that knows persons by another claim than `sub`, and
    /// the provider tells it.
    pub directory_id: Option<String>,
    /// The groups. `None` if the provider did not tell them, or not all of them: that is not the
    /// same as none.
    pub groups: Option<Vec<String>>,
    /// When the person gave a password or the like at the provider, where it tells.
    pub authenticated_at: Option<Timestamp>,
    /// The provider's id of this sign-in (`sid`), which ends it later.
    pub session: Option<String>,
}

/// Whose sign-ins a provider ends by a back-channel logout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// The one sign-in with this `sid`; `subject` is whose it is, where the provider tells.
    Session {
        /// `sid`.
        session: String,
        /// `sub`.
        subject: Option<Identity>,
    },
    /// All sign-ins of this person at the provider.
    Subject(Identity),
}

/// A logout token that was checked, but for being the first with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// Whose sign-ins end.
    pub whose: LoggedOut,
    /// `jti`: a second token with it is refused.
    pub token_id: String,
    /// Until when a token with this id could be taken.
    pub valid_until: Timestamp,
}

/// Why an identity provider proves nobody.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The provider can't be reached, is too slow, or answers with an error of its own. To try
    /// later may help.
    #[error("the identity provider does not answer as it should")]
    Unavailable(#[source] BoxError),
    /// The provider did not sign the person in, by its word: the person may have cancelled.
    #[error("the identity provider refused: {code}")]
    Refused {
        /// `error` of the answer (RFC 6749, section 4.1.2.1): `access_denied` and the like, its
        /// first characters.
        code: String,
    },
    /// The answer breaks a rule: it may be forged, for somebody else, or too late. To begin again
    /// may help.
    #[error("the answer of the identity provider can't be trusted")]
    Untrusted(#[source] BoxError),
    /// The person signed in at the provider longer ago than asked, or the provider does not tell.
    #[error("the sign-in at the identity provider is not recent")]
    NotRecent,
}

/// An identity provider of the company.
#[async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Its name in the settings.
    fn name(&self) -> &ProviderName;

    /// The address that the browser is sent to, to sign in there. With [`Flow::max_age`] the
    /// provider asks for the password again.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`].
    async fn authorization_url(&self, flow: &Flow) -> Result<String, IdentityError>;

    /// Judges the answer to `flow`, and asks the provider who signed in.
    ///
    /// # Errors
    /// [`IdentityError`].
    async fn prove(
        &self,
        flow: &Flow,
        answer: &ProviderAnswer,
    ) -> Result<ProvenIdentity, IdentityError>;

    /// Judges a logout token of the provider (OpenID Connect Back-Channel Logout 1.0), all but
    /// whether its id was seen before.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`] and [`IdentityError::Untrusted`].
    async fn logged_out(&self, logout_token: &str) -> Result<Logout, IdentityError>;

    /// The address that ends the person's sign-in at the provider, where it has one; `hint` is who
    /// signs out.
    ///
    /// # Errors
    /// [`IdentityError::Unavailable`].
    async fn end_session_url(&self, hint: Option<&str>) -> Result<Option<String>, IdentityError>;
}
