//! The published keys that verify authentication tokens.

use ed25519_dalek::{PUBLIC_KEY_LENGTH, VerifyingKey};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{SigningAlgorithm, base64url, json};

const KEY_TYPE: &str = "OKP";
const CURVE: &str = "Ed25519";
const USE: &str = "sig";

/// The id of a key: the base64url of the SHA-256 thumbprint of its JWK (RFC 7638, section 3; RFC
/// 8037, section 2).
pub fn thumbprint(key: &VerifyingKey) -> String {
    // The required members in lexicographic order, without white space; base64url needs no
    // escaping.
    let x = base64url::encode(key.as_bytes());
    let canonical = format!(r#"{{"crv":"{CURVE}","kty":"{KEY_TYPE}","x":"{x}"}}"#);
    base64url::encode(&Sha256::digest(canonical))
}

/// A public Ed25519 key for signatures as a JSON Web Key (RFC 7517, section 4; RFC 8037, section
/// 2). Its key is not weak, its `kid` is its [`thumbprint`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    key: VerifyingKey,
    kid: String,
    alg: SigningAlgorithm,
}

impl Jwk {
    /// The key, to be published with the algorithm name that tokens have in their headers.
    ///
    /// [`KeyError::Unusable`] if the key has small order or a second encoding.
    pub fn new(key: VerifyingKey, alg: SigningAlgorithm) -> Result<Self, KeyError> {
        let is_canonical = key.to_edwards().compress().as_bytes() == key.as_bytes();
        if key.is_weak() || !is_canonical {
            return Err(KeyError::Unusable);
        }
        Ok(Self {
            kid: thumbprint(&key),
            key,
            alg,
        })
    }

    /// The key of an encoded point (RFC 8032, section 5.1.5). The errors are those of [`Jwk::new`].
    pub fn from_bytes(
        bytes: &[u8; PUBLIC_KEY_LENGTH],
        alg: SigningAlgorithm,
    ) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Unusable)?;
        Self::new(key, alg)
    }

    /// The key that verifies signatures.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// The encoded point (RFC 8032, section 5.1.2).
    pub fn to_bytes(&self) -> [u8; PUBLIC_KEY_LENGTH] {
        self.key.to_bytes()
    }

    /// The key's id, as in the header of each token that it signed.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm name that it is published with.
    pub fn alg(&self) -> SigningAlgorithm {
        self.alg
    }

    /// Reads a key; `None` if it is for another use.
    fn read(members: &Map<String, Value>) -> Result<Option<Self>, KeyError> {
        let text = |name| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(KeyError::Malformed),
        };
        let is_ours = members.get("kty").is_some_and(|kty| kty == KEY_TYPE)
            && members.get("crv").is_some_and(|crv| crv == CURVE)
            && text("use")?.is_none_or(|purpose| purpose == USE);
        if !is_ours {
            return Ok(None);
        }
        let Ok(alg) = text("alg")?.map_or(Ok(SigningAlgorithm::default()), str::parse) else {
            return Ok(None);
        };
        if members.contains_key("d") {
            return Err(KeyError::Private);
        }
        let bytes = text("x")?
            .and_then(base64url::decode_array)
            .ok_or(KeyError::Unusable)?;
        let jwk = Self::from_bytes(&bytes, alg)?;
        if text("kid")?.is_some_and(|kid| kid != jwk.kid) {
            return Err(KeyError::KeyId);
        }
        Ok(Some(jwk))
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut jwk = serializer.serialize_struct("Jwk", 6)?;
        jwk.serialize_field("kty", KEY_TYPE)?;
        jwk.serialize_field("crv", CURVE)?;
        jwk.serialize_field("x", &base64url::encode(self.key.as_bytes()))?;
        jwk.serialize_field("kid", &self.kid)?;
        jwk.serialize_field("use", USE)?;
        jwk.serialize_field("alg", &self.alg)?;
        jwk.end()
    }
}

/// Published keys (RFC 7517, section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

impl JwkSet {
    /// The set of the given keys, in their order.
    pub fn new(keys: Vec<Jwk>) -> Self {
        Self { keys }
    }

    /// Reads a published set. Keys of another type, curve, use or algorithm are left out (RFC 7517,
    /// section 5). If a key claims to be an Ed25519 signing key but is not valid, the whole set is
    /// refused.
    pub fn parse(text: &(impl AsRef<[u8]> + ?Sized)) -> Result<Self, KeyError> {
        let set: Members = json::object(text.as_ref()).ok_or(KeyError::Malformed)?;
        let keys = set
            .keys
            .iter()
            .filter_map(|key| Jwk::read(key).transpose())
            .collect::<Result<_, _>>()?;
        Ok(Self { keys })
    }

    /// The keys of the set, in its order.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The key of an id.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|jwk| jwk.kid == kid)
    }
}

#[derive(Deserialize)]
struct Members {
    keys: Vec<Map<String, Value>>,
}

/// Why a key, or a set of keys, is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// This is not a JWK set. Check the address that it came from.
    #[error("not a JSON Web Key set")]
    Malformed,
    /// It is not an Ed25519 public key of 32 bytes, or it is a weak one, for which anybody can
    /// sign.
    #[error("not a usable Ed25519 public key")]
    Unusable,
    /// The key's id is not its thumbprint, so the set comes from another service.
    #[error("the key id is not the key's thumbprint")]
    KeyId,
    /// The private half was published too. The key is lost and must be rotated.
    #[error("a private key stands among public ones")]
    Private,
}
