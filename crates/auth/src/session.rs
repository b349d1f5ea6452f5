use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The secret of a browser's session: 256 random bits, in a cookie. Only its keyed hash is stored.
///
/// It can be neither printed nor compared:
///
/// ```compile_fail,E0277
/// fn print(id: &ats_pat_auth::SessionId) -> String {
///     format!("{id:?}")
/// }
/// ```
pub struct SessionId(RandomBits);

impl SessionId {
    /// A new session id from 32 random bytes.
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(RandomBits(random))
    }

    /// The session id in a cookie: exactly 43 characters of base64url, otherwise none.
    pub fn parse(text: &str) -> Option<Self> {
        RandomBits::parse(text).map(Self)
    }

    /// The text for the cookie.
    pub fn to_text(&self) -> SecretString {
        self.0.to_text()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

/// The secret of the one-time link that makes the first administrator: 256 random bits, in the
/// link's fragment. Only its keyed hash is stored.
pub struct SetupCode(RandomBits);

impl SetupCode {
    /// A new set-up code from 32 random bytes.
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(RandomBits(random))
    }

    /// The set-up code that a form posts: exactly 43 characters of base64url, otherwise none.
    pub fn parse(text: &str) -> Option<Self> {
        RandomBits::parse(text).map(Self)
    }

    /// The text for the link.
    pub fn to_text(&self) -> SecretString {
        self.0.to_text()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0.0
    }
}

/// 43 characters hold 258 bits. Texts that use the last two bits are refused, so each secret has
/// one text.
#[derive(Zeroize, ZeroizeOnDrop)]
struct RandomBits([u8; 32]);

impl RandomBits {
    fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        let mut bits = Self([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bits.0).ok()?;
        (length == bits.0.len()).then_some(bits)
    }

    fn to_text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;

    proptest! {
        #[test]
        fn a_session_id_survives_its_cookie(random: [u8; 32]) {
            let text = SessionId::from_random(random).to_text();
            prop_assert_eq!(text.expose_secret().len(), 43);
            prop_assert!(SessionId::parse(text.expose_secret()).is_some_and(|id| *id.bytes() == random));
        }

        #[test]
        fn nothing_else_is_a_session_id(text in "\\PC{0,50}") {
            let parsed = SessionId::parse(&text);
            prop_assert!(parsed.is_none_or(|id| id.to_text().expose_secret() == text));
        }
    }

    #[test]
    fn a_secret_has_one_text_only() {
        let zeros = "A".repeat(43);
        assert!(SetupCode::parse(&zeros).is_some());
        for other in [
            &zeros[1..],
            &format!("{zeros}A"),
            &format!("{zeros}="),
            &format!("{}B", &zeros[1..]),
            &format!("{}+", &zeros[1..]),
            &format!(" {}", &zeros[1..]),
        ] {
            assert!(SetupCode::parse(other).is_none(), "{other}");
        }
    }
}
