//! Why a token is not accepted.

/// Why an authentication token is not accepted. Its bearer gets the same answer for all of them.
/// They differ in what an operator should check. None quotes the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No JWS in strict compact form, or longer than [`MAX_LENGTH`](crate::MAX_LENGTH).
    #[error("not an authentication token")]
    Malformed,
    /// Signed with something other than Ed25519, or not signed.
    #[error("the algorithm is not EdDSA or Ed25519")]
    Algorithm,
    /// A JWT of another kind, such as an ID token (RFC 8725, section 3.11).
    #[error("the token's type is not the expected one")]
    TokenType,
    /// The header brings or names its own key, or asks for an extension. The name is one of a
    /// closed list.
    #[error("the header must not have the member {0}")]
    ForbiddenHeader(&'static str),
    /// Not signed by this key: forged or altered.
    #[error("the signature is not right")]
    Signature,
    /// Signed by this key, but its claims are not an authentication token's: the issuer speaks
    /// another version.
    #[error("the claims are not those of an authentication token")]
    Claims,
    /// Another issuer. Compare the verifier's setting with the service's public URL.
    #[error("another issuer")]
    Issuer,
    /// The token is for other recipients. Compare the verifier's setting with the service's
    /// audiences.
    #[error("not meant for this audience")]
    Audience,
    /// The token has expired. Exchange the personal access token again.
    #[error("expired")]
    Expired,
    /// The token is not valid yet, or was issued in the future. One of the clocks is wrong.
    #[error("not valid yet")]
    NotYetValid,
}
