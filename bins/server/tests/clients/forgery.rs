//! Tokens and lists that look like the issuer's, but are not.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// The bytes before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The parts of a compact JWS (RFC 7515, section 3.1).
struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Self {
        let parts: Vec<_> = token.split('.').collect();
        let [header, payload, signature] = parts[..] else {
            panic!("no compact JWS: {token}");
        };
        Self {
            header,
            payload,
            signature,
        }
    }
}

/// The content of a token, whoever signed it.
pub fn claims(token: &str) -> Value {
    let decoded = jsonwebtoken::dangerous::insecure_decode::<Value>(token);
    decoded.expect("claims").claims
}

/// Forgeries of a genuine token or list, each with its description.
pub fn forgeries(genuine: &str) -> Vec<(&'static str, String)> {
    let header = jsonwebtoken::decode_header(genuine).expect("a header");
    let mut claims = claims(genuine);
    let parts = Parts::of(genuine);
    let key = EncodingKey::from_ed_der(&[&PKCS8[..], &[7; 32]].concat());
    let other_key = encode(&header, &claims, &key).expect("a token");

    let embedded = Header {
        jwk: Some(
            serde_json::from_value(json!({
                "kty": "OKP",
                "crv": "Ed25519",
                // The public key of the key above.
                "x": "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw",
            }))
            .expect("a key"),
        ),
        kid: None,
        ..header.clone()
    };
    let own_key = encode(&embedded, &claims, &key).expect("a token");

    let secret = Header {
        alg: Algorithm::HS256,
        ..header
    };
    let shared = EncodingKey::from_secret(b"the public key, taken for a secret");
    let symmetric = encode(&secret, &claims, &shared).expect("a token");

    claims["sub"] = json!("somebody else");
    let altered = encode(&Header::default(), &claims, &shared).expect("a token");
    let altered = format!(
        "{}.{}.{}",
        parts.header,
        Parts::of(&altered).payload,
        parts.signature
    );
    // {"alg":"none","typ":"at+jwt"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", parts.payload);
    vec![
        (
            "signed with another key under the issuer's key id",
            other_key,
        ),
        ("signed with a key that it brings itself", own_key),
        ("signed with a shared secret", symmetric),
        ("altered", altered),
        ("not signed", unsigned),
    ]
}
