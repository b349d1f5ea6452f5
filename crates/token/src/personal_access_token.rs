//! The string that a user keeps.

use secrecy::{ExposeSecret, SecretString};

use crate::secret_text::{BEHIND_PREFIX, SECRET_BYTES, text_of, well_formed};

/// A well-formed personal access token: `atspat_`, 43 base62 digits of secret, 6 of checksum.
///
/// A well-formed token was not necessarily issued. The check only saves the database from looking
/// up typing errors and invented texts. The text is in one place on the heap, so that moves leave
/// no copies, and is wiped on drop.
///
/// It can't be printed or compared:
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
/// use ats_pat_token::PersonalAccessToken;
///
/// fn same(one: &PersonalAccessToken, other: &PersonalAccessToken) -> bool {
///     one == other
/// }
/// ```
pub struct PersonalAccessToken(SecretString);

impl PersonalAccessToken {
    /// The first characters of every token. People and secret scanners recognise it by them.
    pub const PREFIX: &str = "atspat_";

    /// The length of every token, in characters and in bytes.
    pub const LENGTH: usize = Self::PREFIX.len() + BEHIND_PREFIX;

    /// The token of 256 random bits, which must come from the system's cryptographically secure
    /// generator. The caller wipes its copy.
    pub fn from_random(bytes: &[u8; SECRET_BYTES]) -> Self {
        Self(text_of(Self::PREFIX, bytes))
    }

    /// The token, if the text is exactly one.
    pub fn parse(presented: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, Malformed> {
        well_formed(Self::PREFIX, presented.as_ref())
            .map(|text| Self(SecretString::from(text)))
            .ok_or(Malformed)
    }

    /// The text. Use it for the one reply that shows it, for the header that presents it, and for
    /// its keyed hash.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The text is not a personal access token: its length, prefix, alphabet or checksum is wrong, or
/// its number is beyond 256 bits. Callers aren't told which, and get the answer of an unknown
/// token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a personal access token")]
pub struct Malformed;
