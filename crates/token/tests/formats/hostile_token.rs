mod text;

use ats_pat_token::{Jwk, KeyError, SigningAlgorithm, Unverified, VerifyError, VerifyingKey};
use ed25519_dalek::{Signature, Verifier};
use serde_json::{Map, Value, json};

use crate::fixture::{
    CLAIMS, EXPECTED, HEADER, base64url, claims, header, minted, signed, signing_key, verified,
};

fn with_member(object: &str, name: &str, value: &Value) -> String {
    let mut members: Map<String, Value> = serde_json::from_str(object).unwrap();
    members.insert(name.to_owned(), value.clone());
    Value::Object(members).to_string()
}

fn without_member(object: &str, name: &str) -> String {
    let mut members: Map<String, Value> = serde_json::from_str(object).unwrap();
    members.remove(name);
    Value::Object(members).to_string()
}

fn parts() -> [String; 3] {
    let token = minted(&header(), &claims());
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

#[test]
fn other_algorithms_are_refused_even_when_the_signature_is_right() {
    for alg in [
        "none", "None", "HS256", "RS256", "ES256", "Ed448", "eddsa", "EDDSA", "ED25519", "",
    ] {
        let header = with_member(HEADER, "alg", &json!(alg));
        assert_eq!(
            verified(&signed(&header, CLAIMS)),
            Err(VerifyError::Algorithm),
            "{alg}"
        );
        let [_, payload, _] = parts();
        let unsigned = format!("{}.{payload}.", base64url(&header));
        assert_eq!(verified(&unsigned), Err(VerifyError::Algorithm), "{alg}");
    }
    for alg in [json!(null), json!(1), json!(["EdDSA"])] {
        let header = with_member(HEADER, "alg", &alg);
        assert_eq!(
            verified(&signed(&header, CLAIMS)),
            Err(VerifyError::Malformed),
            "{alg}"
        );
    }
    assert_eq!(
        verified(&signed(&without_member(HEADER, "alg"), CLAIMS)),
        Err(VerifyError::Malformed)
    );
}

#[test]
fn the_public_key_is_no_shared_secret() {
    // HMAC-SHA-256 under the 32 bytes of the public key, by Python's `hmac`.
    let input = format!(
        "{}.{}",
        base64url(HEADER.replace("EdDSA", "HS256")),
        base64url(CLAIMS)
    );
    let token = format!("{input}.Raj6KUqw8rZB8wbVLSSkAlkl4Wrmv4wvtcH3BKf9d4w");
    assert_eq!(verified(&token), Err(VerifyError::Algorithm));
}

#[test]
fn a_token_brings_no_key_and_no_extension() {
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(signing_key().verifying_key().as_bytes())});
    for (name, value) in [
        ("jwk", key),
        ("jku", json!("https://evil.example.com/jwks.json")),
        ("x5u", json!("https://evil.example.com/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
    ] {
        for value in [value, Value::Null] {
            let header = with_member(HEADER, name, &value);
            assert_eq!(
                verified(&signed(&header, CLAIMS)),
                Err(VerifyError::ForbiddenHeader(name)),
                "{header}"
            );
        }
    }
}

#[test]
fn a_jwt_of_another_kind_is_refused() {
    for typ in [
        "JWT",
        "jwt",
        "at+jwt2",
        "id+jwt",
        "application/",
        "text/at+jwt",
        "at-jwt",
        " at+jwt",
        "",
    ] {
        let header = with_member(HEADER, "typ", &json!(typ));
        assert_eq!(
            verified(&signed(&header, CLAIMS)),
            Err(VerifyError::TokenType),
            "{typ:?}"
        );
    }
    assert_eq!(
        verified(&signed(&without_member(HEADER, "typ"), CLAIMS)),
        Err(VerifyError::Malformed)
    );
}

#[test]
fn a_key_id_is_required() {
    assert_eq!(
        verified(&signed(&without_member(HEADER, "kid"), CLAIMS)),
        Err(VerifyError::Malformed)
    );
    for kid in [json!(""), json!(null), json!(7)] {
        let header = with_member(HEADER, "kid", &kid);
        assert_eq!(
            verified(&signed(&header, CLAIMS)),
            Err(VerifyError::Malformed),
            "{kid}"
        );
    }
}

#[test]
fn times_are_integers_and_nothing_else() {
    for name in ["exp", "nbf", "iat"] {
        for value in [
            r#""1796000300""#,
            "1796000300.0",
            "1796000300.5",
            "1796000300e0",
            "1.7960003e9",
            "null",
            "true",
            "[1796000300]",
            "9223372036854775808",
            "99999999999999999999999",
            "01796000300",
            "+1796000300",
            "NaN",
        ] {
            let payload =
                without_member(CLAIMS, name).replacen('{', &format!(r#"{{"{name}":{value},"#), 1);
            assert_eq!(
                verified(&signed(HEADER, &payload)),
                Err(VerifyError::Claims),
                "{name}: {value}"
            );
        }
    }
}

#[test]
fn every_claim_but_two_is_required_and_has_its_type() {
    for name in [
        "iss",
        "sub",
        "aud",
        "exp",
        "iat",
        "nbf",
        "jti",
        "client_id",
        "preferred_username",
    ] {
        let payload = without_member(CLAIMS, name);
        assert_eq!(
            verified(&signed(HEADER, &payload)),
            Err(VerifyError::Claims),
            "without {name}"
        );
        for value in [
            json!(null),
            json!({}),
            json!(true),
            json!([]),
            json!([1]),
            json!([["x"]]),
        ] {
            let payload = with_member(CLAIMS, name, &value);
            assert_eq!(
                verified(&signed(HEADER, &payload)),
                Err(VerifyError::Claims),
                "{name}: {value}"
            );
        }
    }
    for (name, value) in [
        ("scope", json!(null)),
        ("scope", json!(["all"])),
        ("ats_generation", json!(-1)),
        ("ats_generation", json!(1.0)),
        ("ats_generation", json!("1")),
        ("ats_generation", json!(4_294_967_296_u64)),
    ] {
        let payload = with_member(CLAIMS, name, &value);
        assert_eq!(
            verified(&signed(HEADER, &payload)),
            Err(VerifyError::Claims),
            "{name}: {value}"
        );
    }
}

#[test]
fn no_member_stands_twice_at_any_depth() {
    for twice in [
        r#""alg":"EdDSA","#,
        r#""alg":"none","#,
        r#""\u0061lg":"none","#,
        r#""kid":"other","#,
        r#""more":1,"more":1,"#,
        r#""more":{"a":1,"a":1},"#,
    ] {
        let header = HEADER.replacen('{', &format!("{{{twice}"), 1);
        assert_eq!(
            verified(&signed(&header, CLAIMS)),
            Err(VerifyError::Malformed),
            "{twice}"
        );
    }
    for twice in [
        r#""exp":1796000300,"#,
        r#""sub":"somebody else","#,
        r#""s\u0075b":"somebody else","#,
        r#""scope":"all","#,
        r#""roles":[],"roles":["admin"],"#,
        r#""cnf":[{"a":{"b":1,"b":2}}],"#,
    ] {
        let payload = CLAIMS.replacen('{', &format!("{{{twice}"), 1);
        assert_eq!(
            verified(&signed(HEADER, &payload)),
            Err(VerifyError::Claims),
            "{twice}"
        );
    }
}

#[test]
fn a_signature_has_no_second_form() {
    // The order of the group, little-endian: S + L passes the equation as S does (RFC 8032, section
    // 5.1.7).
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let token = minted(&header(), &claims());
    let (input, _) = token.rsplit_once('.').unwrap();
    let mut signature = ed25519_dalek::Signer::sign(&signing_key(), input.as_bytes()).to_bytes();
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(
        verified(&format!("{input}.{}", base64url(signature))),
        Err(VerifyError::Signature)
    );
}

#[test]
fn another_keys_signature_is_refused() {
    let token = minted(&header(), &claims());
    let other = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    assert_eq!(
        Unverified::parse(&token).and_then(|token| token.verify(&other, &EXPECTED)),
        Err(VerifyError::Signature)
    );
}

#[test]
fn a_weak_key_signs_nothing_and_is_not_published() {
    // Under the neutral point, this signature passes a lax check for any message.
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let key = VerifyingKey::from_bytes(&neutral).unwrap();
    let mut signature = [0; 64];
    signature[0] = 1;
    let input = format!("{}.{}", base64url(HEADER), base64url(CLAIMS));
    assert!(
        key.verify(input.as_bytes(), &Signature::from_bytes(&signature))
            .is_ok()
    );

    let token = format!("{input}.{}", base64url(signature));
    assert_eq!(
        Unverified::parse(&token).and_then(|token| token.verify(&key, &EXPECTED)),
        Err(VerifyError::Signature)
    );
    assert_eq!(
        Jwk::new(key, SigningAlgorithm::EdDsa),
        Err(KeyError::Unusable)
    );
}
