//! One signing key, one set of claims, and other texts signed with that key.

use ats_pat_token::{
    Audience, Claims, Expectations, Header, SigningAlgorithm, SigningInput, Unverified, VerifyError,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use secrecy::ExposeSecret;

pub const ISSUER: &str = "https://pat.example.com";
pub const KID: &str = "1IG2tMH7J2wbJZnOf8LJzQitKf7LMvoAElsuDMVM54Y";
pub const ISSUED: i64 = 1_796_000_000;
pub const EXPIRES: i64 = ISSUED + 300;

pub const HEADER: &str =
    r#"{"alg":"EdDSA","typ":"at+jwt","kid":"1IG2tMH7J2wbJZnOf8LJzQitKf7LMvoAElsuDMVM54Y"}"#;
pub const CLAIMS: &str = r#"{"iss":"https://pat.example.com","sub":"01936d3a-7c40-7000-8000-000000000001","aud":"https://pat.example.com","exp":1796000300,"iat":1796000000,"nbf":1796000000,"jti":"01936d3a-7c40-7000-8000-000000000002","client_id":"01936d3a-7c40-7000-8000-000000000003","preferred_username":"anna","scope":"build:read packages:write","ats_generation":3}"#;

pub const EXPECTED: Expectations<'_> = Expectations {
    issuer: ISSUER,
    audience: ISSUER,
    now_seconds: ISSUED + 1,
    skew_seconds: 30,
};

/// The bytes 0 to 31.
pub fn counting_up() -> [u8; 32] {
    (0..32).collect::<Vec<_>>().try_into().unwrap()
}

pub fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&counting_up())
}

pub fn header() -> Header {
    Header {
        alg: SigningAlgorithm::EdDsa,
        kid: KID.to_owned(),
    }
}

pub fn claims() -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        sub: "01936d3a-7c40-7000-8000-000000000001".to_owned(),
        aud: Audience::from(ISSUER.to_owned()),
        exp: EXPIRES,
        iat: ISSUED,
        nbf: ISSUED,
        jti: "01936d3a-7c40-7000-8000-000000000002".to_owned(),
        client_id: "01936d3a-7c40-7000-8000-000000000003".to_owned(),
        preferred_username: "anna".to_owned(),
        scope: "build:read packages:write".to_owned(),
        ats_generation: Some(3),
        status: None,
    }
}

pub fn minted(header: &Header, claims: &Claims) -> String {
    let input = SigningInput::new(header, claims);
    let signature = signing_key().sign(input.as_bytes()).to_bytes();
    input.with_signature(&signature).expose_secret().to_owned()
}

pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Signs two parts as they are. The signature is valid, whatever the parts say.
pub fn signed_parts(header: &str, payload: &str) -> String {
    let input = format!("{header}.{payload}");
    let signature = base64url(signing_key().sign(input.as_bytes()).to_bytes());
    format!("{input}.{signature}")
}

pub fn signed(header: &str, payload: &str) -> String {
    signed_parts(&base64url(header), &base64url(payload))
}

pub fn verified(token: &str) -> Result<Claims, VerifyError> {
    verified_as(token, &EXPECTED)
}

pub fn verified_as(token: &str, expectations: &Expectations<'_>) -> Result<Claims, VerifyError> {
    Unverified::parse(token)?.verify(&signing_key().verifying_key(), expectations)
}
