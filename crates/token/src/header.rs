//! The header of an authentication token.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, IgnoredAny},
    ser::SerializeStruct,
};

use crate::{VerifyError, json};

/// The `typ` of an authentication token (RFC 9068, section 2.1). No other kind of JWT is accepted
/// as one.
pub const TOKEN_TYPE: &str = "at+jwt";

/// The `typ` of a signed status list (draft-ietf-oauth-status-list, section 5.1).
pub const STATUS_LIST_TYPE: &str = "statuslist+jwt";

/// The protected header of an authentication token: `{"alg":…,"typ":"at+jwt","kid":…}` (RFC 7515,
/// section 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name that the header has for Ed25519.
    pub alg: SigningAlgorithm,
    /// The id of the key that signed the token: the key's [`thumbprint`](crate::thumbprint).
    pub kid: String,
}

impl Header {
    /// Reads a header strictly. Unknown members are ignored. But members that contain a key, point
    /// at one, or change the meaning of the rest are refused (RFC 8725, sections 3.1 and 3.10; RFC
    /// 7515, section 4.1.11).
    pub(crate) fn parse(bytes: &[u8], expected_type: &str) -> Result<Self, VerifyError> {
        let read: Members<'_> = json::object(bytes).ok_or(VerifyError::Malformed)?;
        let forbidden = [
            ("crit", read.crit),
            ("jku", read.jku),
            ("jwk", read.jwk),
            ("x5c", read.x5c),
            ("x5u", read.x5u),
        ];
        if let Some((name, _)) = forbidden
            .into_iter()
            .find(|(_, Presence(present))| *present)
        {
            return Err(VerifyError::ForbiddenHeader(name));
        }
        let alg = read
            .alg
            .parse()
            .map_err(|UnknownAlgorithm| VerifyError::Algorithm)?;
        if !is_type(&read.typ, expected_type) {
            return Err(VerifyError::TokenType);
        }
        if read.kid.is_empty() {
            return Err(VerifyError::Malformed);
        }
        Ok(Self {
            alg,
            kid: read.kid.into_owned(),
        })
    }
}

impl Serialize for Header {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize_as(TOKEN_TYPE, serializer)
    }
}

/// A header with another type than an authentication token's.
pub(crate) struct OfType<'a>(pub(crate) &'a Header, pub(crate) &'static str);

impl Serialize for OfType<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize_as(self.1, serializer)
    }
}

impl Header {
    fn serialize_as<S: Serializer>(&self, typ: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let mut header = serializer.serialize_struct("Header", 3)?;
        header.serialize_field("alg", &self.alg)?;
        header.serialize_field("typ", typ)?;
        header.serialize_field("kid", &self.kid)?;
        header.end()
    }
}

/// A media type without regard to ASCII case, and with or without `application/` (RFC 7515, section
/// 4.1.9).
fn is_type(typ: &str, expected: &str) -> bool {
    const TREE: &str = "application/";
    let subtype = match typ.split_at_checked(TREE.len()) {
        Some((tree, subtype)) if tree.eq_ignore_ascii_case(TREE) => subtype,
        _ => typ,
    };
    subtype.eq_ignore_ascii_case(expected)
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    #[serde(borrow)]
    typ: Cow<'a, str>,
    #[serde(borrow)]
    kid: Cow<'a, str>,
    #[serde(default)]
    crit: Presence,
    #[serde(default)]
    jku: Presence,
    #[serde(default)]
    jwk: Presence,
    #[serde(default)]
    x5c: Presence,
    #[serde(default)]
    x5u: Presence,
}

/// Whether a member is there at all, even as `null`.
#[derive(Default)]
struct Presence(bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|IgnoredAny| Self(true))
    }
}

/// The name of the one signature algorithm, Ed25519 (RFC 8032, section 5.1), in headers and keys.
///
/// Both names mean the same here. Tokens are written with the old one until libraries know the new
/// one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// `EdDSA`, which leaves the curve to the key (RFC 8037, section 3.1).
    #[default]
    EdDsa,
    /// `Ed25519`, which names the curve (RFC 9864, section 2.2).
    Ed25519,
}

impl SigningAlgorithm {
    /// The registered name, as in JSON and in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Ed25519 => "Ed25519",
        }
    }
}

impl FromStr for SigningAlgorithm {
    type Err = UnknownAlgorithm;

    /// Names are compared with regard to case (RFC 7515, section 4.1.1).
    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        [Self::EdDsa, Self::Ed25519]
            .into_iter()
            .find(|known| known.as_str() == name)
            .ok_or(UnknownAlgorithm)
    }
}

impl fmt::Display for SigningAlgorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for SigningAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for SigningAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// The name belongs to another algorithm, or to none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature algorithm is EdDSA or Ed25519")]
pub struct UnknownAlgorithm;
