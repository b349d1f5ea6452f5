//! The authentication token as text: a JWS in compact serialization (RFC 7515, section 7.1).

use std::borrow::Cow;

use ed25519_dalek::{SIGNATURE_LENGTH, Signature, VerifyingKey};
use secrecy::SecretString;
use serde::Serialize;

use crate::header::{OfType, TOKEN_TYPE};
use crate::{Claims, Header, VerifyError, base64url};

/// The greatest length of an authentication token, in bytes. Longer texts are refused without being
/// read.
pub const MAX_LENGTH: usize = 8 * 1024;

/// Header and claims as they are signed (RFC 7515, section 5.1). Sign [`as_bytes`](Self::as_bytes),
/// then finish with [`with_signature`](Self::with_signature).
pub struct SigningInput(String);

impl SigningInput {
    /// The text to sign. There is room in it for the signature.
    pub fn new(header: &Header, claims: &Claims) -> Self {
        Self::of(&OfType(header, TOKEN_TYPE), claims)
    }

    pub(crate) fn of(header: &OfType<'_>, claims: &impl Serialize) -> Self {
        let [header, claims] = [to_json(header), to_json(claims)];
        let parts = [header.len(), claims.len(), SIGNATURE_LENGTH].map(base64url::encoded_length);
        let mut text = String::with_capacity(parts.iter().sum::<usize>() + 2);
        base64url::append(&header, &mut text);
        text.push('.');
        base64url::append(&claims, &mut text);
        Self(text)
    }

    /// The bytes to sign with the key that the header names.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The authentication token, which is a secret while it is valid. The signature is not checked.
    pub fn with_signature(self, signature: &[u8; SIGNATURE_LENGTH]) -> SecretString {
        let Self(mut text) = self;
        text.push('.');
        base64url::append(signature, &mut text);
        SecretString::from(text)
    }
}

#[expect(
    clippy::expect_used,
    reason = "members with constant names, of strings, integers and lists of strings"
)]
fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("always representable in JSON")
}

/// A JWS in compact serialization with the right form. Its signature has not been verified.
pub(crate) struct Compact<'a> {
    signing_input: &'a str,
    pub(crate) header: Cow<'a, Header>,
    payload: Vec<u8>,
    signature: [u8; SIGNATURE_LENGTH],
}

impl<'a> Compact<'a> {
    /// Splits a text (RFC 7515, section 5.2, steps 1 to 6): three parts in canonical base64url
    /// without padding, a valid header of this type, and a signature of 64 bytes.
    pub(crate) fn parse(
        text: &'a str,
        expected_type: &str,
        max_length: usize,
        known: Option<&'a KnownHeader>,
    ) -> Result<Self, VerifyError> {
        if text.len() > max_length {
            return Err(VerifyError::Malformed);
        }
        let (signing_input, signature) = text.rsplit_once('.').ok_or(VerifyError::Malformed)?;
        // A further point is not in the alphabet, so it fails to decode.
        let (header, payload) = signing_input
            .split_once('.')
            .ok_or(VerifyError::Malformed)?;
        let header = match known {
            Some(known) if known.text == header => Cow::Borrowed(&known.header),
            _ => {
                let header = base64url::decode(header).ok_or(VerifyError::Malformed)?;
                Cow::Owned(Header::parse(&header, expected_type)?)
            }
        };
        Ok(Self {
            signing_input,
            header,
            payload: base64url::decode(payload).ok_or(VerifyError::Malformed)?,
            signature: base64url::decode_array(signature).ok_or(VerifyError::Malformed)?,
        })
    }

    /// The payload, if the key signed it. The check is strict: it accepts no weak key and no second
    /// form of a signature (RFC 8032, section 5.1.7, and [`VerifyingKey::verify_strict`]).
    pub(crate) fn verify(self, key: &VerifyingKey) -> Result<Vec<u8>, VerifyError> {
        key.verify_strict(
            self.signing_input.as_bytes(),
            &Signature::from_bytes(&self.signature),
        )
        .map_err(|_| VerifyError::Signature)?;
        Ok(self.payload)
    }
}

/// An authentication token with the right form. Its signature has not been verified, so it only
/// tells which key to try.
pub struct Unverified<'a>(Compact<'a>);

impl<'a> Unverified<'a> {
    /// Takes a text apart, strictly.
    ///
    /// [`VerifyError::Malformed`], [`Algorithm`](VerifyError::Algorithm),
    /// [`TokenType`](VerifyError::TokenType) or [`ForbiddenHeader`](VerifyError::ForbiddenHeader).
    pub fn parse(token: &'a str) -> Result<Self, VerifyError> {
        Compact::parse(token, TOKEN_TYPE, MAX_LENGTH, None).map(Self)
    }

    /// Like [`parse`](Self::parse), but doesn't read the header again if it is the known one.
    pub fn parse_with(token: &'a str, known: &'a KnownHeader) -> Result<Self, VerifyError> {
        Compact::parse(token, TOKEN_TYPE, MAX_LENGTH, Some(known)).map(Self)
    }

    /// The header, so that it is known the next time; `None` if it was known.
    pub fn new_header(&self) -> Option<KnownHeader> {
        let Compact {
            signing_input,
            header,
            ..
        } = &self.0;
        let (text, _) = signing_input.split_once('.')?;
        match header {
            Cow::Borrowed(_) => None,
            Cow::Owned(header) => Some(KnownHeader {
                text: text.to_owned(),
                header: header.clone(),
            }),
        }
    }

    /// The id of the key that it claims to be signed with. Look it up among trusted keys only.
    pub fn kid(&self) -> &str {
        &self.0.header.kid
    }

    /// The claims, if the key signed them and they meet the expectations. The signature is checked
    /// first. The caller must make sure that the key belongs to [`kid`](Self::kid).
    pub fn verify(
        self,
        key: &VerifyingKey,
        expectations: &Expectations<'_>,
    ) -> Result<Claims, VerifyError> {
        let payload = self.0.verify(key)?;
        let claims = Claims::parse(&payload).ok_or(VerifyError::Claims)?;
        expectations.check(&claims)?;
        Ok(claims)
    }
}

/// The header of an authentication token that was read before. All tokens that one key signed begin
/// with the same text, so it need not be read again.
pub struct KnownHeader {
    text: String,
    header: Header,
}

/// What a verifier expects of an authentication token (RFC 9068, section 4).
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// The one issuer, compared exactly.
    pub issuer: &'a str,
    /// The name of the verifier, which must be one of the token's recipients.
    pub audience: &'a str,
    /// The time of the check, in seconds since 1970-01-01T00:00:00Z, rounded down.
    pub now_seconds: i64,
    /// How far the clocks of verifier and issuer may differ, in either direction.
    pub skew_seconds: u32,
}

impl Expectations<'_> {
    /// Whether claims meet them. Use it for claims that [`Unverified::verify`] returned earlier.
    pub fn check(&self, claims: &Claims) -> Result<(), VerifyError> {
        let skew = i64::from(self.skew_seconds);
        let latest_now = self.now_seconds.saturating_add(skew);
        if claims.iss != self.issuer {
            return Err(VerifyError::Issuer);
        }
        if !claims.aud.contains(self.audience) {
            return Err(VerifyError::Audience);
        }
        if self.now_seconds >= claims.exp.saturating_add(skew) {
            return Err(VerifyError::Expired);
        }
        if claims.nbf > latest_now || claims.iat > latest_now {
            return Err(VerifyError::NotYetValid);
        }
        Ok(())
    }
}
