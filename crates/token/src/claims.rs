//! The claims of an authentication token.

use std::{fmt, slice};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
};

use crate::{StatusReference, json};

/// The claims of an authentication token: an OAuth 2.0 access token in JWT form (RFC 9068, section
/// 2.2).
///
/// Times are whole seconds since 1970-01-01T00:00:00Z. No other JSON type is accepted for them.
/// Unknown claims are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer: the service's public origin, without a path (RFC 7519, section 4.1.1).
    pub iss: String,
    /// The owner's id, a UUID that is never changed or reused (RFC 7519, section 4.1.2).
    pub sub: String,
    /// The recipients (RFC 7519, section 4.1.3).
    pub aud: Audience,
    /// From this second on it is expired (RFC 7519, section 4.1.4).
    pub exp: i64,
    /// When it was issued (RFC 7519, section 4.1.6).
    pub iat: i64,
    /// Before this second it is not valid yet (RFC 7519, section 4.1.5).
    pub nbf: i64,
    /// Unique to this token (RFC 7519, section 4.1.7).
    pub jti: String,
    /// The id of the personal access token that was exchanged for it (RFC 8693, section 4.3).
    pub client_id: String,
    /// The owner's user name, which may change (OpenID Connect Core 1.0, section 5.1).
    pub preferred_username: String,
    /// The scopes, separated by spaces (RFC 8693, section 4.2). An absent claim means no rights at
    /// all.
    #[serde(default)]
    pub scope: String,
    /// Which secret of the personal access token was exchanged. The issuer uses it for its own
    /// checks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ats_generation: Option<u32>,
    /// The place in the status list that says whether it was revoked (draft-ietf-oauth-status-list,
    /// section 6.1). It is absent in tokens of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusReference>,
}

impl Claims {
    /// The single scopes, unchanged.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ').filter(|scope| !scope.is_empty())
    }

    /// Whether exactly this scope is among them. The caller must know that `all` implies every
    /// other.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes().any(|held| held == scope)
    }

    /// The claims in a JWS payload (RFC 7519, section 7.2, step 10), if they are those of an
    /// authentication token.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        json::object(payload)
    }
}

/// The recipients of a token: at least one. In JSON, one recipient is a string, and several are an
/// array. Both are read (RFC 7519, section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(Recipients);

/// `Many` never has only one recipient, so that equal audiences are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Recipients {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// The audience of the given recipients, in their order.
    pub fn new(mut recipients: Vec<String>) -> Result<Self, EmptyAudience> {
        let last = recipients.pop().ok_or(EmptyAudience)?;
        if recipients.is_empty() {
            return Ok(last.into());
        }
        recipients.push(last);
        Ok(Self(Recipients::Many(recipients)))
    }

    /// Whether the recipient is among them. Recipients are compared exactly, as RFC 7519 asks
    /// (section 2, StringOrURI).
    pub fn contains(&self, recipient: &str) -> bool {
        self.iter().any(|known| known == recipient)
    }

    /// Every recipient, in the order of the claim.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.recipients().iter().map(String::as_str)
    }

    fn recipients(&self) -> &[String] {
        match &self.0 {
            Recipients::One(only) => slice::from_ref(only),
            Recipients::Many(several) => several,
        }
    }
}

/// The recipients, separated by single spaces, for headers and people. No recipient of this service
/// has a space in it.
impl fmt::Display for Audience {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, recipient) in self.iter().enumerate() {
            if index > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(recipient)?;
        }
        Ok(())
    }
}

impl From<String> for Audience {
    fn from(recipient: String) -> Self {
        Self(Recipients::One(recipient))
    }
}

/// The setting or the token names no recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an audience needs at least one recipient")]
pub struct EmptyAudience;

impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Recipients::One(only) => only.serialize(serializer),
            Recipients::Many(several) => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Audience;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string, or an array of strings")
    }

    fn visit_str<E: Error>(self, recipient: &str) -> Result<Audience, E> {
        Ok(recipient.to_owned().into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Audience, A::Error> {
        let mut recipients = Vec::new();
        while let Some(recipient) = sequence.next_element()? {
            recipients.push(recipient);
        }
        Audience::new(recipients).map_err(A::Error::custom)
    }
}
