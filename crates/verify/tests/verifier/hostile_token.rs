//! Tokens that the whole verifier must refuse. The tests of `ats-pat-token` check what each of them
//! breaks in detail. These tests check that nothing around the parser lets one through, also when
//! the same token comes twice.

use ats_pat_token::{Claims, StatusReference, thumbprint};
use ats_pat_verify::{Error, VerifyError};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::Signer;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::{
    issuer::{KEYS, NOW, key},
    server::Server,
};

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn header() -> String {
    let kid = thumbprint(&key(1).verifying_key());
    format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#)
}

fn with(object: &str, name: &str, value: Value) -> String {
    let mut members: Value = serde_json::from_str(object).unwrap();
    members[name] = value;
    members.to_string()
}

fn without(object: &str, name: &str) -> String {
    let mut members: Value = serde_json::from_str(object).unwrap();
    members.as_object_mut().unwrap().remove(name);
    members.to_string()
}

/// Signs any header and payload with the issuer's key.
fn signed(header: &str, payload: &str) -> String {
    let input = format!("{}.{}", base64url(header), base64url(payload));
    let signature = base64url(key(1).sign(input.as_bytes()).to_bytes());
    format!("{input}.{signature}")
}

struct Target {
    server: Server,
    verifier: ats_pat_verify::Verifier,
    claims: String,
}

impl Target {
    async fn new() -> Self {
        let server = Server::start();
        let verifier = server.verifier();
        let claims = serde_json::to_string(&server.issuer.claims(1)).unwrap();
        assert!(verifier.verify(&signed(&header(), &claims)).await.is_ok());
        Self {
            server,
            verifier,
            claims,
        }
    }

    async fn refuses(&self, token: &str, error: VerifyError) {
        for _ in 0..2 {
            let answer = self.verifier.verify(token).await;
            assert_eq!(answer.err(), Some(Error::NotValid(error)), "{token}");
        }
    }

    async fn refuses_payload(&self, payload: &str) {
        self.refuses(&signed(&header(), payload), VerifyError::Claims)
            .await;
    }
}

#[tokio::test]
async fn other_algorithms_and_none() {
    let target = Target::new().await;
    for alg in [
        "none", "HS256", "RS256", "ES256", "ES256K", "Ed448", "eddsa", "",
    ] {
        let header = with(&header(), "alg", json!(alg));
        target
            .refuses(&signed(&header, &target.claims), VerifyError::Algorithm)
            .await;
        let unsigned = format!("{}.{}.", base64url(&header), base64url(&target.claims));
        target.refuses(&unsigned, VerifyError::Algorithm).await;
    }
}

#[tokio::test]
async fn the_public_key_as_a_shared_secret() {
    let target = Target::new().await;
    let public = key(1).verifying_key();
    let x = base64url(public.as_bytes());
    let jwk = target.server.issuer.answer(KEYS, None).body;
    for secret in [&public.as_bytes()[..], x.as_bytes(), &jwk] {
        let header = jsonwebtoken::Header {
            typ: Some("at+jwt".to_owned()),
            kid: Some(thumbprint(&public)),
            ..jsonwebtoken::Header::new(Algorithm::HS256)
        };
        let claims = target.server.issuer.claims(1);
        let forged =
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap();
        target.refuses(&forged, VerifyError::Algorithm).await;
        // And with the known name before the wrong signature.
        let (_, rest) = forged.split_once('.').unwrap();
        let renamed = format!("{}.{rest}", base64url(self::header()));
        target.refuses(&renamed, VerifyError::Malformed).await;
    }
}

#[tokio::test]
async fn keys_and_extensions_that_a_token_brings() {
    let target = Target::new().await;
    let evil = key(66);
    let jwk =
        json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(evil.verifying_key().as_bytes())});
    for (name, value) in [
        ("jwk", jwk),
        (
            "jku",
            json!(format!("{}/jwks.json", target.server.issuer.url())),
        ),
        ("x5u", json!("https://evil.example.com/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
    ] {
        let header = with(&header(), name, value);
        let input = format!("{}.{}", base64url(&header), base64url(&target.claims));
        for signer in [key(1), evil.clone()] {
            let signature = base64url(signer.sign(input.as_bytes()).to_bytes());
            target
                .refuses(
                    &format!("{input}.{signature}"),
                    VerifyError::ForbiddenHeader(name),
                )
                .await;
        }
    }
    assert_eq!(target.server.issuer.asked("/jwks.json"), 0);
}

#[tokio::test]
async fn another_type_and_no_type() {
    let target = Target::new().await;
    for typ in ["JWT", "id+jwt", "statuslist+jwt", "at+jwt ", ""] {
        let header = with(&header(), "typ", json!(typ));
        target
            .refuses(&signed(&header, &target.claims), VerifyError::TokenType)
            .await;
    }
    let header = without(&header(), "typ");
    target
        .refuses(&signed(&header, &target.claims), VerifyError::Malformed)
        .await;
    // A list that the issuer itself signed with the same key.
    let list = target.server.issuer.signed_list();
    target.refuses(&list, VerifyError::TokenType).await;
}

#[tokio::test]
async fn key_ids_that_are_none_cause_no_request() {
    let target = Target::new().await;
    let asked = target.server.issuer.asked(KEYS);
    for kid in [
        "key-1",
        "../../etc/passwd",
        "' OR 1=1 --",
        &"A".repeat(44),
        &"=".repeat(43),
    ] {
        let header = with(&header(), "kid", json!(kid));
        let token = signed(&header, &target.claims);
        assert_eq!(
            target.verifier.verify(&token).await.err(),
            Some(Error::UnknownKey),
            "{kid}"
        );
    }
    assert_eq!(target.server.issuer.asked(KEYS), asked);
    let kid = thumbprint(&key(1).verifying_key());
    let twice = header().replacen('{', &format!(r#"{{"kid":"{kid}","#), 1);
    target
        .refuses(&signed(&twice, &target.claims), VerifyError::Malformed)
        .await;
}

#[tokio::test]
async fn times_that_are_missing_or_of_another_type() {
    let target = Target::new().await;
    for name in ["exp", "nbf", "iat"] {
        target.refuses_payload(&without(&target.claims, name)).await;
        for value in [
            json!(format!("{}", NOW + 300)),
            json!(1_796_000_300.5),
            json!(1.796e9),
            json!(null),
            json!([NOW]),
        ] {
            target
                .refuses_payload(&with(&target.claims, name, value))
                .await;
        }
    }
}

#[tokio::test]
async fn times_that_are_over_or_to_come() {
    let target = Target::new().await;
    for (change, error) in [
        (json!({"exp": NOW - 60}), VerifyError::Expired),
        (json!({"exp": i64::MIN}), VerifyError::Expired),
        (json!({"iat": NOW + 61}), VerifyError::NotYetValid),
        (json!({"nbf": NOW + 61}), VerifyError::NotYetValid),
        (json!({"iat": i64::MAX}), VerifyError::NotYetValid),
    ] {
        let mut payload = target.claims.clone();
        for (name, value) in change.as_object().unwrap() {
            payload = with(&payload, name, value.clone());
        }
        target.refuses(&signed(&header(), &payload), error).await;
    }
}

#[tokio::test]
async fn members_that_stand_twice() {
    let target = Target::new().await;
    for twice in [
        r#""scope":"all","#,
        r#""s\u0063ope":"all","#,
        r#""exp":4000000000,"#,
        r#""more":1,"more":1,"#,
        r#""more":[{"a":{"b":1,"b":1}}],"#,
    ] {
        target
            .refuses_payload(&target.claims.replacen('{', &format!("{{{twice}"), 1))
            .await;
    }
    let status = target
        .claims
        .replacen(r#""idx":1,"#, r#""idx":1,"idx":2,"#, 1);
    assert_ne!(status, target.claims);
    target.refuses_payload(&status).await;
}

#[tokio::test]
async fn places_that_are_none() {
    let target = Target::new().await;
    let issuer = &target.server.issuer;
    let uri = issuer.claims(1).status.unwrap().uri;
    for status in [
        None,
        Some(StatusReference {
            index: 1024,
            uri: uri.clone(),
        }),
        Some(StatusReference {
            index: u64::MAX,
            uri: uri.clone(),
        }),
        Some(StatusReference {
            index: 1,
            uri: format!("{uri}/"),
        }),
        Some(StatusReference {
            index: 1,
            uri: "https://evil.example.com/status-lists/0".to_owned(),
        }),
    ] {
        let claims = Claims {
            status,
            ..issuer.claims(1)
        };
        let answer = target.verifier.verify(&issuer.sign(&claims)).await;
        assert_eq!(answer.err(), Some(Error::NotListed), "{claims:?}");
    }
    for index in [json!("1"), json!(-1), json!(1.0), json!(null)] {
        let status = json!({"status_list": {"idx": index, "uri": uri}});
        target
            .refuses_payload(&with(&target.claims, "status", status))
            .await;
    }
    for status in [
        json!({}),
        json!([[1, uri]]),
        json!({"status_list": [1, uri]}),
        json!("valid"),
    ] {
        target
            .refuses_payload(&with(&target.claims, "status", status))
            .await;
    }
}

#[tokio::test]
async fn signatures_in_a_second_form_and_of_others() {
    let target = Target::new().await;
    let token = signed(&header(), &target.claims);
    let (input, signature) = token.rsplit_once('.').unwrap();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with_second_s = {
        // S + L (RFC 8032, section 5.1.7).
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let mut bytes = bytes.clone();
        let mut carry = 0;
        for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
            let sum = u16::from(*byte) + u16::from(order) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        bytes
    };
    // R of small order: the neutral point, and a point of order two.
    let mut neutral = bytes.clone();
    neutral[..32].copy_from_slice(&[&[1][..], &[0; 31]].concat());
    let mut of_order_two = bytes.clone();
    of_order_two[..32].copy_from_slice(&[&[0xec][..], &[0xff; 30], &[0x7f]].concat());
    let others = key(7).sign(input.as_bytes()).to_bytes().to_vec();
    for bytes in [
        with_second_s,
        neutral,
        of_order_two,
        others,
        vec![0; 64],
        vec![0xff; 64],
    ] {
        target
            .refuses(
                &format!("{input}.{}", base64url(bytes)),
                VerifyError::Signature,
            )
            .await;
    }
}

#[tokio::test]
async fn texts_that_are_cut_padded_or_long() {
    let target = Target::new().await;
    let token = signed(&header(), &target.claims);
    for length in 0..token.len() {
        assert!(
            target.verifier.verify(&token[..length]).await.is_err(),
            "{length}"
        );
    }
    for text in [
        format!("{token}="),
        format!("{token}=="),
        format!("{token}\n"),
        format!(" {token}"),
        format!("{token}.{token}"),
        token.replacen('.', "=.", 1),
        token
            .replace('-', "+")
            .replace('_', "/")
            .replacen('.', ".+", 1),
        "A".repeat(1024 * 1024),
        format!("{token}{}", "A".repeat(1024 * 1024)),
        format!("{}.{}.", base64url(header()), "A".repeat(1024 * 1024)),
        String::new(),
    ] {
        target.refuses(&text, VerifyError::Malformed).await;
    }
}

#[tokio::test]
async fn a_personal_access_token_is_told_to_be_exchanged_first() {
    let server = Server::start();
    let secret = format!("atspat_{}", "0".repeat(49));
    let refused = server.verifier().verify(&secret).await.unwrap_err();
    assert_eq!(refused, Error::NotExchanged);
    assert_eq!(refused.status(), 401);
    assert!(refused.description().contains("exchange it first"));
    assert!(!refused.to_string().contains(&secret));
}
