//! The rules of logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6).

use std::time::Duration;

use ats_pat_domain::port::{LoggedOut, Logout};
use ats_pat_domain::{Identity, Issuer, Subject, Timestamp};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::CoreJsonWebKey;
use openidconnect::{JsonWebKey, JsonWebKeyId, JwsSigningAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::SKEW;
use crate::algorithm::Algorithm;
use crate::cache::Known;
use crate::distrust::Distrust;
use crate::settings::Settings;

/// The longest logout token, in bytes.
const MAX_LENGTH: usize = 16 * 1024;
/// The longest `jti` and `sid`, in bytes.
const MAX_ID: usize = 255;
/// How long ago it may have been made.
const MAX_AGE: Duration = Duration::from_mins(5);
/// The event that makes a token a logout token.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// A logout token whose signature can be checked, but was not yet.
pub(crate) struct Unverified<'a> {
    header: Header,
    /// Header and payload, as they were signed.
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
    algorithm: Algorithm,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

/// How a signature is not one of this provider.
pub(crate) enum NotSigned {
    /// No published key is the one that the token names.
    UnknownKey,
    /// The signature is not by the key that the token names.
    Forged,
}

impl<'a> Unverified<'a> {
    /// Takes a token apart (RFC 7515, section 7.1).
    pub(crate) fn parse(settings: &Settings, token: &'a str) -> Result<Self, Distrust> {
        let malformed = Distrust::Logout("it is no JWT");
        if token.len() > MAX_LENGTH {
            return Err(Distrust::Logout("it is too long"));
        }
        let Some((signed, signature)) = token.rsplit_once('.') else {
            return Err(malformed);
        };
        let Some((header, payload)) = signed.split_once('.') else {
            return Err(malformed);
        };
        let Some(header) =
            decoded(header).and_then(|header| serde_json::from_slice::<Header>(&header).ok())
        else {
            return Err(malformed);
        };
        let Some(signature) = decoded(signature) else {
            return Err(malformed);
        };
        let algorithm = Algorithm::from_name(&header.alg)
            .filter(|algorithm| settings.algorithms.contains(algorithm))
            .ok_or(Distrust::Logout("its algorithm is not allowed"))?;
        if header.crit.is_some() {
            return Err(Distrust::Logout("its header has critical members"));
        }
        if !header.typ.as_deref().is_none_or(is_logout_type) {
            return Err(Distrust::Logout("its type is another"));
        }
        Ok(Self {
            header,
            signed,
            payload,
            signature,
            algorithm,
        })
    }

    /// Checks the signature by the one published key that the token names.
    pub(crate) fn check_signature(&self, known: &Known) -> Result<(), NotSigned> {
        let kid = self.header.kid.clone().map(JsonWebKeyId::new);
        let algorithm = self.algorithm.as_core();
        let fits = |key: &&CoreJsonWebKey| {
            algorithm.key_type().as_ref() == Some(key.key_type())
                && (kid.is_none() || key.key_id() == kid.as_ref())
        };
        let mut keys = known.keys.keys().iter().filter(fits);
        let (Some(key), None) = (keys.next(), keys.next()) else {
            return Err(NotSigned::UnknownKey);
        };
        key.verify_signature(&algorithm, self.signed.as_bytes(), &self.signature)
            .map_err(|_| NotSigned::Forged)
    }

    /// Judges the claims. To be asked once the signature was checked.
    pub(crate) fn logout(&self, settings: &Settings, now: Timestamp) -> Result<Logout, Distrust> {
        let claims: Map<String, Value> = decoded(self.payload)
            .and_then(|payload| serde_json::from_slice(&payload).ok())
            .ok_or(Distrust::Logout("its claims can't be read"))?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("iss") != Some(settings.issuer.as_str()) {
            return Err(Distrust::Logout("iss names another provider"));
        }
        if !is_for(&claims, &settings.client_id) {
            return Err(Distrust::Logout("aud names another client"));
        }
        let issued_at = time(&claims, "iat").ok_or(Distrust::Logout("iat is missing"))?;
        if issued_at > now.after(SKEW) || issued_at < now.before(MAX_AGE) {
            return Err(Distrust::Logout("iat is not within five minutes"));
        }
        let expires_at = time(&claims, "exp").ok_or(Distrust::Logout("exp is missing"))?;
        if expires_at <= now.before(SKEW) {
            return Err(Distrust::Logout("it has expired"));
        }
        let event = claims.get("events").and_then(|events| events.get(EVENT));
        if !event.is_some_and(Value::is_object) {
            return Err(Distrust::Logout("events does not name a logout"));
        }
        // An ID token has one: it must never be taken for a logout token.
        if claims.contains_key("nonce") {
            return Err(Distrust::Logout("it has a nonce"));
        }
        let token_id = text("jti")
            .filter(|id| !id.is_empty() && id.len() <= MAX_ID)
            .ok_or(Distrust::Logout("jti is missing"))?;
        Ok(Logout {
            whose: whose(settings, &claims)?,
            token_id: token_id.to_owned(),
            valid_until: issued_at.after(MAX_AGE),
        })
    }
}

/// Whose sign-ins end: with `sid` one, else all of `sub`.
fn whose(settings: &Settings, claims: &Map<String, Value>) -> Result<LoggedOut, Distrust> {
    let identity = |subject: &Value| {
        let subject = subject.as_str().map(Subject::new);
        match subject {
            Some(Ok(subject)) => Ok(Identity {
                issuer: Issuer::clone(&settings.issuer),
                subject,
            }),
            _ => Err(Distrust::Logout("sub is not one that an issuer may give")),
        }
    };
    let subject = claims.get("sub").map(identity).transpose()?;
    match (claims.get("sid"), subject) {
        (Some(sid), subject) => {
            let sid = sid.as_str();
            let session = sid
                .filter(|sid| !sid.is_empty() && sid.len() <= MAX_ID)
                .ok_or(Distrust::Logout("sid is not one that a provider may give"))?;
            Ok(LoggedOut::Session {
                session: session.to_owned(),
                subject,
            })
        }
        (None, Some(subject)) => Ok(LoggedOut::Subject(subject)),
        (None, None) => Err(Distrust::Logout("neither sid nor sub is there")),
    }
}

/// `typ` where there is one; many providers write what they write into every token.
fn is_logout_type(typ: &str) -> bool {
    ["logout+jwt", "application/logout+jwt", "JWT"]
        .iter()
        .any(|known| typ.eq_ignore_ascii_case(known))
}

fn is_for(claims: &Map<String, Value>, client_id: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == client_id,
        Some(Value::Array(several)) => several.iter().any(|one| one == client_id),
        _ => false,
    }
}

/// A time in seconds, with or without a fraction (RFC 7519, section 2).
fn time(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    let seconds = claims.get(name)?.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number beyond the range becomes the nearest end"
    )]
    let millis = (seconds * 1000.0) as i64;
    Some(Timestamp::from_millis(millis))
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}
