//! Checks the answers before anything is timed.

use std::collections::HashSet;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

use crate::http::{Connection, Request};

/// What the answers of a contender must be.
pub struct Expected {
    /// The path of its public keys.
    pub key_set: String,
    /// The place of the authentication token in an answer's JSON (RFC 6901).
    pub token: String,
    pub issuer: String,
    pub audience: String,
    /// The claim that differs from credential to credential; none if there is only one credential.
    pub distinct: Option<String>,
}

/// Sends every request once. Each answer must have a token that a published key signed, that is for
/// the audience, and that no other answer has. Returns the claims of the last token and the length
/// of its body.
pub fn validate(
    to: SocketAddr,
    requests: &[Request],
    expected: &Expected,
) -> Result<(Map<String, Value>, usize)> {
    let mut connection = Connection::open(to)?;
    let keys = connection.json(&Request::get(to, &expected.key_set, &[]))?;
    let keys: JwkSet = serde_json::from_value(keys).context("no set of public keys")?;
    let mut tokens = HashSet::new();
    let mut holders = HashSet::new();
    let mut last = None;
    for request in requests {
        let body = connection.body(request)?;
        let json: Value = serde_json::from_slice(&body)?;
        let token = json.pointer(&expected.token).and_then(Value::as_str);
        let token = token.context("no token in the answer")?;
        let claims = verified(token, &keys, expected)?;
        if !tokens.insert(token.to_owned()) {
            bail!("two answers brought the same token");
        }
        if let Some(distinct) = &expected.distinct {
            holders.insert(claims.get(distinct).context("a claim is missing")?.clone());
        }
        last = Some((claims, body.len()));
    }
    if expected.distinct.is_some() && holders.len() != requests.len() {
        bail!(
            "{} requests brought tokens of {} holders",
            requests.len(),
            holders.len()
        );
    }
    last.context("no requests")
}

fn verified(token: &str, keys: &JwkSet, expected: &Expected) -> Result<Map<String, Value>> {
    let header = decode_header(token)?;
    let kid = header.kid.context("a token that names no key")?;
    let key = keys
        .find(&kid)
        .context("the token's key is not published")?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[&expected.issuer]);
    validation.set_audience(&[&expected.audience]);
    validation.leeway = 0;
    Ok(decode(token, &DecodingKey::from_jwk(key)?, &validation)?.claims)
}
