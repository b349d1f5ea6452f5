//! Why an answer is not believed: one variant for each rule.

use ats_pat_domain::Reason;
use ats_pat_domain::port::IdentityError;
use openidconnect::ClaimsVerificationError;

/// The rule that an answer breaks. The texts are for operators, and quote no code, token or secret.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// The sign-in began at another provider (mix-up, RFC 9700, section 4.4).
    #[error("the sign-in began at another provider")]
    OtherProvider,
    /// The answer is not for the sign-in of this browser.
    #[error("state is not the one of this browser's sign-in")]
    State,
    /// The provider announces that it sends `iss`, and it is missing (RFC 9207, section 2.4).
    #[error("iss is missing, although the provider announces it")]
    IssuerMissing,
    /// `iss` names another provider (RFC 9207, section 2.4).
    #[error("iss names another provider")]
    OtherIssuer,
    /// There is no code, or none that a provider would make.
    #[error("there is no code")]
    Code,
    /// The provider does not take the code: used before, expired, or of somebody else.
    #[error("the provider refused the code")]
    CodeRefused,
    /// The answer to the code can't be read, or has no ID token.
    #[error("the answer to the code has no ID token that can be read")]
    NoIdToken,
    /// The ID token breaks a rule of OpenID Connect Core 1.0, section 3.1.3.7.
    #[error("the ID token: {0}")]
    IdToken(#[source] ClaimsVerificationError),
    /// `azp` names another client.
    #[error("azp of the ID token names another client")]
    AuthorizedParty,
    /// `at_hash` belongs to another access token.
    #[error("at_hash of the ID token belongs to another access token")]
    AccessTokenHash,
    /// `auth_time` is in the future.
    #[error("auth_time of the ID token is in the future")]
    AuthenticationTime,
    /// `sub` is empty, longer than 255 bytes, or has control characters.
    #[error("sub is not one that an issuer may give")]
    Subject(Reason),
    /// userinfo is about somebody else (OpenID Connect Core 1.0, section 5.3.2).
    #[error("userinfo has another sub than the ID token")]
    UserInfoSubject,
    /// The logout token breaks a rule of OpenID Connect Back-Channel Logout 1.0, section 2.6.
    #[error("the logout token: {0}")]
    Logout(&'static str),
}

impl From<Distrust> for IdentityError {
    fn from(distrust: Distrust) -> Self {
        Self::Untrusted(distrust.into())
    }
}
