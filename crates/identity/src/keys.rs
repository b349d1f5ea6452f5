//! The keys that a provider publishes.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet};
use serde_json::Value;

use crate::trouble::Trouble;

/// The most keys that are taken from one provider.
const MAX_KEYS: usize = 100;
/// The shortest modulus of an RSA key, in bytes (RFC 7518, section 3.3).
const MIN_RSA: usize = 256;

/// Reads a key set (RFC 7517). Keys that check no signature, are shared secrets, or are too short
/// are left out.
pub(crate) fn read(body: &[u8]) -> Result<CoreJsonWebKeySet, Trouble> {
    let malformed = || Trouble::Malformed { what: "the keys" };
    let mut document: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let keys = document.get_mut("keys").map(Value::take);
    let Some(Value::Array(keys)) = keys else {
        return Err(malformed());
    };
    if keys.len() > MAX_KEYS {
        return Err(Trouble::Keys);
    }
    let usable = keys.into_iter().filter(is_usable);
    let known: Vec<CoreJsonWebKey> = usable
        .filter_map(|key| serde_json::from_value(key).ok())
        .collect();
    if known.is_empty() {
        return Err(Trouble::Keys);
    }
    Ok(CoreJsonWebKeySet::new(known))
}

fn is_usable(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return false;
    }
    match text("kty") {
        Some("RSA") => text("n").is_some_and(|n| {
            BASE64_URL_SAFE_NO_PAD.decode(n).is_ok_and(|n| {
                let leading = n.iter().take_while(|byte| **byte == 0).count();
                n.len() - leading >= MIN_RSA
            })
        }),
        Some("EC") => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use openidconnect::JsonWebKey;
    use serde_json::json;

    use super::*;

    fn rsa(kid: &str, modulus: usize) -> Value {
        let n = BASE64_URL_SAFE_NO_PAD.encode(vec![0xc5; modulus]);
        json!({"kty": "RSA", "kid": kid, "n": n, "e": "AQAB"})
    }

    fn kids(keys: &[Value]) -> Vec<String> {
        let body = json!({ "keys": keys }).to_string();
        let kids = read(body.as_bytes()).unwrap();
        let kids = kids.keys().iter().filter_map(|key| key.key_id());
        kids.map(|kid| kid.as_str().to_owned()).collect()
    }

    #[test]
    fn only_keys_that_check_signatures_are_taken() {
        let mut encryption = rsa("encryption", 256);
        encryption["use"] = json!("enc");
        let mut padded = rsa("padded", 128);
        let zeros = [vec![0; 128], vec![0xc5; 128]].concat();
        padded["n"] = json!(BASE64_URL_SAFE_NO_PAD.encode(zeros));
        let found = kids(&[
            rsa("short", 128),
            padded,
            rsa("right", 256),
            encryption,
            json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}),
            json!({"kty": "new", "kid": "unknown"}),
            json!("no key"),
        ]);
        assert_eq!(found, ["right"]);
    }

    #[test]
    fn a_hundred_keys_are_the_most() {
        let keys: Vec<Value> = (0..101).map(|kid| rsa(&kid.to_string(), 256)).collect();
        assert_eq!(kids(&keys[1..]).len(), 100);
        let body = json!({ "keys": keys }).to_string();
        assert!(matches!(read(body.as_bytes()), Err(Trouble::Keys)));
        assert!(matches!(read(br#"{"keys": []}"#), Err(Trouble::Keys)));
        for body in ["", "[]", r#"{"keys": {}}"#, "{}"] {
            let found = read(body.as_bytes());
            assert!(matches!(found, Err(Trouble::Malformed { .. })), "{body}");
        }
    }
}
