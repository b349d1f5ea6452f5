//! The string with which a program administers.

use secrecy::{ExposeSecret, SecretString};

use crate::personal_access_token::Malformed;
use crate::secret_text::{SECRET_BYTES, text_of, well_formed};

/// A well-formed operator key. It has the form of a
/// [`PersonalAccessToken`](crate::PersonalAccessToken), with another prefix, so no key is a token
/// and no token is a key.
///
/// It can't be printed or compared:
///
/// ```compile_fail,E0277
/// fn print(key: &ats_pat_token::OperatorKeySecret) -> String {
///     format!("{key:?}")
/// }
/// ```
pub struct OperatorKeySecret(SecretString);

impl OperatorKeySecret {
    /// The first characters of every operator key. People and secret scanners recognise it by them.
    pub const PREFIX: &str = "atsop_";

    /// The key of 256 random bits, which must come from the system's cryptographically secure
    /// generator.
    pub fn from_random(bytes: &[u8; SECRET_BYTES]) -> Self {
        Self(text_of(Self::PREFIX, bytes))
    }

    /// The key, if the text is exactly one.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PersonalAccessToken;

    #[test]
    fn a_key_is_of_the_form_of_a_token_and_neither_is_the_other() {
        let key = OperatorKeySecret::from_random(&[7; 32]);
        let token = PersonalAccessToken::from_random(&[7; 32]);
        let behind = |text: &str, prefix: &str| text.strip_prefix(prefix).map(ToOwned::to_owned);
        assert_eq!(
            behind(key.expose(), "atsop_"),
            behind(token.expose(), "atspat_")
        );
        let again = OperatorKeySecret::parse(key.expose()).map(|key| key.expose().to_owned());
        assert_eq!(again.as_deref(), Ok(key.expose()));
        assert!(OperatorKeySecret::parse(token.expose()).is_err());
        assert!(PersonalAccessToken::parse(key.expose()).is_err());
        assert!(OperatorKeySecret::parse(&format!("{} ", key.expose())).is_err());
    }
}
