//! Tokens as an attacker makes them: header, claims and signature are independent of each other.

use std::sync::OnceLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding,
};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub fn sha256(text: &str) -> Vec<u8> {
    digest::digest(&digest::SHA256, text.as_bytes())
        .as_ref()
        .to_vec()
}

/// Makes a token; `sign` gets what is to be signed.
pub fn jwt(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!(
        "{}.{}",
        base64(header.to_string().as_bytes()),
        base64(claims.to_string().as_bytes())
    );
    let signature = sign(signed.as_bytes());
    format!("{signed}.{}", base64(&signature))
}

/// A key pair of a provider, or of somebody else.
pub enum Signer {
    Rsa(Box<KeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

/// The provider's RSA key. It is made once, because it takes long.
pub fn rsa() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(Signer::new_rsa)
}

/// An RSA key that no provider publishes.
pub fn other_rsa() -> &'static Signer {
    static KEY: OnceLock<Signer> = OnceLock::new();
    KEY.get_or_init(Signer::new_rsa)
}

impl Signer {
    fn new_rsa() -> Self {
        Self::Rsa(Box::new(
            KeyPair::generate(KeySize::Rsa2048).expect("a test provider works"),
        ))
    }

    pub fn new_ec() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .expect("a test provider works");
        Self::Ec(Box::new(key))
    }

    /// The public key, as a provider publishes it.
    pub fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Rsa(_) => {
                let n = base64(&self.modulus());
                json!({"kty": "RSA", "use": "sig", "kid": kid, "n": n, "e": "AQAB"})
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (base64(&point[1..33]), base64(&point[33..]));
                json!({"kty": "EC", "use": "sig", "kid": kid, "crv": "P-256", "x": x, "y": y})
            }
        }
    }

    /// The modulus of an RSA key of 2048 bits: 256 bytes, after the headers of sequence and integer
    /// and a zero (RFC 8017, appendix A.1.1).
    pub fn modulus(&self) -> Vec<u8> {
        let Self::Rsa(key) = self else {
            panic!("no RSA key");
        };
        key.public_key().as_ref()[9..265].to_vec()
    }

    /// Signs as `alg` says, where it can.
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(key) => {
                let padding: &'static dyn RsaEncoding = match alg {
                    "PS256" => &RSA_PSS_SHA256,
                    "RS512" => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .expect("a test provider works");
                signature
            }
            Self::Ec(key) => {
                let signature = key
                    .sign(&SystemRandom::new(), message)
                    .expect("a test provider works");
                signature.as_ref().to_vec()
            }
        }
    }

    /// A token of this key.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let alg = header["alg"].as_str().unwrap_or("RS256");
        jwt(header, claims, |message| self.sign(alg, message))
    }
}

/// Signs by a shared secret.
pub fn hs256(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, message).as_ref().to_vec()
}
