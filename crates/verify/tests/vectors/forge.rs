//! Texts that are signed with the issuer's key, whatever they say.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};

pub const ISSUER: &str = "https://pat.example.com";
pub const AUDIENCE: &str = "https://orders.example.com";
pub const LIST: &str = "https://pat.example.com/status-lists/0";
pub const ISSUED: i64 = 1_796_000_000;
pub const EXPIRES: i64 = ISSUED + 300;
/// The time of each check, if the row names no other.
pub const NOW: i64 = ISSUED + 1;
pub const LEEWAY: u32 = 30;

/// The id of [`key`].
pub const KID: &str = "1IG2tMH7J2wbJZnOf8LJzQitKf7LMvoAElsuDMVM54Y";

/// The issuer's key: the bytes 0 to 31.
pub fn key() -> SigningKey {
    SigningKey::from_bytes(&std::array::from_fn(|index| index.to_le_bytes()[0]))
}

/// A key that the issuer does not publish.
pub fn other_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// An object of JSON as it is written, so that it can be one that no library writes.
#[derive(Clone)]
pub struct Object(Vec<(String, String)>);

impl Object {
    pub fn new(members: &[(&str, &str)]) -> Self {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(members.iter().map(owned).collect())
    }

    /// The same with another value, which is written as it is.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut members = self.0.clone();
        match members.iter_mut().find(|(known, _)| known == name) {
            Some((_, kept)) => value.clone_into(kept),
            None => members.push((name.to_owned(), value.to_owned())),
        }
        Self(members)
    }

    pub fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|(known, _)| known != name);
        Self(others.cloned().collect())
    }

    pub fn text(&self) -> String {
        self.after("")
    }

    /// The text with something else before its first member.
    pub fn after(&self, before: &str) -> String {
        let members: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{before}{}}}", members.join(","))
    }

    /// The values alone.
    pub fn values(&self) -> String {
        let values: Vec<&str> = self.0.iter().map(|(_, value)| value.as_str()).collect();
        format!("[{}]", values.join(","))
    }
}

/// The header of an authentication token.
pub fn header() -> Object {
    header_of("at+jwt")
}

pub fn header_of(typ: &str) -> Object {
    Object::new(&[
        ("alg", "\"EdDSA\""),
        ("typ", &format!("\"{typ}\"")),
        ("kid", &format!("\"{KID}\"")),
    ])
}

/// The claims of an authentication token with the place `index` in the status list.
pub fn claims(index: u64) -> Object {
    let status = format!(r#"{{"status_list":{{"idx":{index},"uri":"{LIST}"}}}}"#);
    Object::new(&[
        ("iss", &format!("\"{ISSUER}\"")),
        ("sub", "\"01936d3a-7c40-7000-8000-000000000001\""),
        ("aud", &format!("\"{AUDIENCE}\"")),
        ("exp", &EXPIRES.to_string()),
        ("iat", &ISSUED.to_string()),
        ("nbf", &ISSUED.to_string()),
        ("jti", "\"01936d3a-7c40-7000-8000-000000000002\""),
        ("client_id", "\"01936d3a-7c40-7000-8000-000000000003\""),
        ("preferred_username", "\"anna\""),
        ("scope", "\"orders:read packages:write\""),
        ("ats_generation", "3"),
        ("status", &status),
    ])
}

/// The claims of a status list whose compressed bytes are `compressed`.
pub fn list_claims(compressed: &[u8]) -> Object {
    Object::new(&[
        ("iss", &format!("\"{ISSUER}\"")),
        ("sub", &format!("\"{LIST}\"")),
        ("iat", &ISSUED.to_string()),
        ("exp", &(ISSUED + 600).to_string()),
        ("ttl", "1"),
        ("ats_epoch", "3"),
        ("ats_seq", "41"),
        ("status_list", &lst(1, &base64url(compressed))),
    ])
}

pub fn lst(bits: u8, lst: &str) -> String {
    format!(r#"{{"bits":{bits},"lst":"{lst}"}}"#)
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub fn from_base64url(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Signs two texts as they are.
pub fn signed(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
    signed_parts(&base64url(header), &base64url(payload))
}

/// Signs two parts as they are.
pub fn signed_parts(header: &str, payload: &str) -> String {
    signed_by(&key(), header, payload)
}

pub fn signed_by(key: &SigningKey, header: &str, payload: &str) -> String {
    let input = format!("{header}.{payload}");
    let signature = base64url(key.sign(input.as_bytes()).to_bytes());
    format!("{input}.{signature}")
}

/// The signature of a text, and the text.
pub fn taken_apart(token: &str) -> (&str, [u8; 64]) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input, from_base64url(signature).try_into().unwrap())
}

/// Adds the order of the group to the scalar of a signature: a lax check accepts the sum too (RFC
/// 8032, section 5.1.7).
pub fn with_second_scalar(mut signature: [u8; 64]) -> [u8; 64] {
    // 2^252 + 27742317777372353535851937790883648493, little-endian.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    signature
}

/// The other texts that a lax decoder reads as the last character of `text` reads. They differ in
/// bits that represent nothing.
pub fn siblings(text: &str, unused_bits: u32) -> Vec<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = text.split_at(text.len() - 1);
    let value = ALPHABET.find(last).unwrap();
    let others = value + 1..value + (1 << unused_bits);
    others
        .map(|value| format!("{start}{}", &ALPHABET[value..=value]))
        .collect()
}

/// Arrays in arrays.
pub fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}
