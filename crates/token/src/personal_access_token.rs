//! The string that a user keeps.

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::base62;

const SECRET_BYTES: usize = 32;
const SECRET_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;

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
    pub const LENGTH: usize = Self::PREFIX.len() + SECRET_DIGITS + CHECKSUM_DIGITS;

    /// The token of 256 random bits, which must come from the system's cryptographically secure
    /// generator. The caller wipes its copy.
    pub fn from_random(bytes: &[u8; SECRET_BYTES]) -> Self {
        let secret: Zeroizing<[u8; SECRET_DIGITS]> = Zeroizing::new(base62::encode(*bytes));
        let mut text = String::with_capacity(Self::LENGTH);
        text.push_str(Self::PREFIX);
        text.extend(secret.iter().copied().map(char::from));
        text.extend(checksum(&secret).map(char::from));
        Self(SecretString::from(text))
    }

    /// The token, if the text is exactly one.
    pub fn parse(presented: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, Malformed> {
        Self::well_formed(presented.as_ref())
            .map(|text| Self(SecretString::from(text)))
            .ok_or(Malformed)
    }

    /// The text. Use it for the one reply that shows it, for the header that presents it, and for
    /// its keyed hash.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    fn well_formed(presented: &[u8]) -> Option<&str> {
        let (secret, rest) = presented
            .strip_prefix(Self::PREFIX.as_bytes())?
            .split_first_chunk::<SECRET_DIGITS>()?;
        let is_one =
            base62::is_canonical::<SECRET_BYTES, SECRET_DIGITS>(secret) && rest == checksum(secret);
        // At this point it is ASCII, so this only changes the type.
        is_one.then(|| str::from_utf8(presented).ok())?
    }
}

/// CRC-32 (ISO-HDLC, as in Ethernet and zip) of the digits, not of the prefix.
fn checksum(secret: &[u8; SECRET_DIGITS]) -> [u8; CHECKSUM_DIGITS] {
    base62::encode(crc32fast::hash(secret).to_be_bytes())
}

/// The text is not a personal access token: its length, prefix, alphabet or checksum is wrong, or
/// its number is beyond 256 bits. Callers aren't told which, and get the answer of an unknown
/// token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a personal access token")]
pub struct Malformed;
