//! The string that a user keeps.

use secrecy::{ExposeSecret, SecretString};

use crate::secret_text::{BEHIND_PREFIX, SECRET_BYTES, text_of, well_formed};

/// A well-formed personal access token: `atspat_`, 43 base62 digits of secret, 6 of checksum.
///
/// Well formed says nothing of whether it was ever issued; it spares the database the typing errors and inventions.
/// The text lies in one place on the heap, where moves leave no copies, and is wiped on drop.
///
/// It can be neither printed nor compared:
///
/// ```compile_fail,E0277
/// fn print(token: &ats_pat_token::PersonalAccessToken) -> String {
///     format!("{token:?}")
/// }
/// ```
/// ```compile_fail,E0277
/// fn print(token: &ats_pat_token::PersonalAccessToken) -> String {
///     format!("{token}")
/// }
/// ```
/// ```compile_fail,E0369
/// fn same(one: &ats_pat_token::PersonalAccessToken, other: &ats_pat_token::PersonalAccessToken) -> bool {
///     one == other
/// }
/// ```
pub struct PersonalAccessToken(SecretString);

impl PersonalAccessToken {
    /// What every token begins with, for people and secret scanners to know it by.
    pub const PREFIX: &str = "atspat_";

    /// The length of every token, in characters and in bytes.
    pub const LENGTH: usize = Self::PREFIX.len() + BEHIND_PREFIX;

    /// The token of 256 random bits, which must come from the system's cryptographically secure generator. The caller
    /// wipes its copy.
    pub fn from_random(bytes: &[u8; SECRET_BYTES]) -> Self {
        Self(text_of(Self::PREFIX, bytes))
    }

    /// The token that a text is, if it is exactly one.
    pub fn parse(presented: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, Malformed> {
        well_formed(Self::PREFIX, presented.as_ref())
            .map(|text| Self(SecretString::from(text)))
            .ok_or(Malformed)
    }

    /// The text, for the one reply that shows it, the header that presents it, and its keyed hash.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The text is no personal access token: other length, prefix, alphabet or checksum, or a number beyond 256 bits.
/// Which of them is nobody's business, and the answer is that of an unknown token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a personal access token")]
pub struct Malformed;
