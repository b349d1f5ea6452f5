use ats_pat_token::{Jwk, JwkSet, KeyError, SigningAlgorithm, VerifyingKey, thumbprint};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, SigningKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{KID, base64url, signing_key};

// RFC 8037, appendices A.1 to A.4.
const RFC_SECRET: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const RFC_PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const RFC_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
const RFC_SIGNED: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const RFC_SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

const X: &str = "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg";

fn ours() -> Jwk {
    Jwk::new(signing_key().verifying_key(), SigningAlgorithm::EdDsa).unwrap()
}

fn ours_with(name: &str, value: Value) -> Value {
    let mut jwk = serde_json::to_value(ours()).unwrap();
    jwk[name] = value;
    jwk
}

fn set_of(keys: &[Value]) -> Result<JwkSet, KeyError> {
    JwkSet::parse(&json!({ "keys": keys }).to_string())
}

#[test]
fn the_example_of_the_rfc_is_read_and_verifies_its_signature() {
    let set = set_of(&[json!({"kty": "OKP", "crv": "Ed25519", "x": RFC_PUBLIC})]).unwrap();
    let jwk = set.find(RFC_THUMBPRINT).unwrap();
    assert_eq!(jwk.alg(), SigningAlgorithm::EdDsa);
    let signature = BASE64_URL_SAFE_NO_PAD.decode(RFC_SIGNATURE).unwrap();
    let signature = Signature::from_slice(&signature).unwrap();
    assert!(
        jwk.key()
            .verify_strict(RFC_SIGNED.as_bytes(), &signature)
            .is_ok()
    );

    let secret = BASE64_URL_SAFE_NO_PAD
        .decode(RFC_SECRET)
        .unwrap()
        .try_into()
        .unwrap();
    let key = SigningKey::from_bytes(&secret).verifying_key();
    assert_eq!(
        (key.to_bytes(), thumbprint(&key).as_str()),
        (jwk.to_bytes(), RFC_THUMBPRINT)
    );
}

#[test]
fn a_set_is_published_as_the_contract_says() {
    let set = JwkSet::new(vec![ours()]);
    let published = serde_json::to_string(&set).unwrap();
    assert_eq!(
        published,
        format!(
            r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{X}","kid":"{KID}","use":"sig","alg":"EdDSA"}}]}}"#
        )
    );
    assert_eq!(JwkSet::parse(&published), Ok(set));
    assert_eq!(
        serde_json::to_string(&JwkSet::default()).unwrap(),
        r#"{"keys":[]}"#
    );

    let renamed = Jwk::new(*ours().key(), SigningAlgorithm::Ed25519).unwrap();
    assert_eq!(
        serde_json::to_value(&renamed).unwrap(),
        ours_with("alg", json!("Ed25519"))
    );
    assert_eq!(renamed.kid(), KID);
}

#[test]
fn a_key_is_found_by_its_whole_id_only() {
    let set = JwkSet::new(vec![ours()]);
    assert_eq!(set.find(KID), Some(&ours()));
    for other in ["", &KID[1..], &KID.to_lowercase(), RFC_THUMBPRINT] {
        assert_eq!(set.find(other), None, "{other}");
    }
}

#[test]
fn keys_for_something_else_are_left_out() {
    let set = set_of(&[
        json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa"}),
        json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}),
        json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA", "x": 7}),
        json!({"kty": "oct", "k": "AA"}),
        json!({"kty": 1, "x": {}}),
        json!({}),
        ours_with("crv", json!("X25519")),
        ours_with("crv", json!("Ed448")),
        ours_with("use", json!("enc")),
        ours_with("alg", json!("ECDH-ES")),
        ours_with("more", json!({"a": 1})),
    ]);
    assert_eq!(set, Ok(JwkSet::new(vec![ours()])));
}

#[test]
fn a_key_that_is_not_right_spoils_the_set() {
    let x = |bytes: &[u8]| ours_with("x", json!(base64url(bytes)));
    for (key, error) in [
        (x(&[9; 31]), KeyError::Unusable),
        (x(&[9; 33]), KeyError::Unusable),
        (x(&[]), KeyError::Unusable),
        (ours_with("x", json!(format!("{X}="))), KeyError::Unusable),
        (
            ours_with("x", json!(X.replace("VMbg", "VMbh"))),
            KeyError::Unusable,
        ),
        (
            ours_with("x", json!(X.replace('_', "/"))),
            KeyError::Unusable,
        ),
        (ours_with("x", json!(null)), KeyError::Malformed),
        (ours_with("x", json!([3, 161])), KeyError::Malformed),
        (ours_with("x", json!(RFC_PUBLIC)), KeyError::KeyId),
        (ours_with("kid", json!("key-1")), KeyError::KeyId),
        (ours_with("kid", json!("")), KeyError::KeyId),
        (ours_with("kid", json!(1)), KeyError::Malformed),
        (ours_with("use", json!(null)), KeyError::Malformed),
        (ours_with("d", json!(RFC_SECRET)), KeyError::Private),
        (ours_with("d", json!(null)), KeyError::Private),
    ] {
        assert_eq!(set_of(std::slice::from_ref(&key)), Err(error), "{key}");
    }
}

#[test]
fn what_is_no_set_is_refused() {
    let key = serde_json::to_string(&ours()).unwrap();
    for text in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"keys":{}}"#.to_owned(),
        r#"{"keys":[[]]}"#.to_owned(),
        "[[]]".to_owned(),
        key.clone(),
        format!("[{key}]"),
        format!(r#"{{"keys":[{key}],"keys":[{key}]}}"#),
        format!(
            r#"{{"keys":[{}]}}"#,
            key.replacen('{', r#"{"kty":"RSA","#, 1)
        ),
        format!(r#"{{"keys":[{key}]}} {{}}"#),
    ] {
        assert_eq!(JwkSet::parse(&text), Err(KeyError::Malformed), "{text}");
    }
}

#[test]
fn keys_of_small_order_are_refused_in_every_encoding() {
    let from_hex = |hex: &str| -> [u8; 32] {
        std::array::from_fn(|index| u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap())
    };
    for hex in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        for sign in [0, 0x80] {
            let mut bytes = from_hex(hex);
            bytes[31] |= sign;
            assert_eq!(
                Jwk::from_bytes(&bytes, SigningAlgorithm::EdDsa),
                Err(KeyError::Unusable),
                "{hex} {sign}"
            );
        }
    }
}

#[test]
fn a_key_has_one_encoding() {
    // Coordinates from 0 to 18 can also be written with the prime of the field, 2^255 - 19, added.
    let mut second_forms = 0;
    for y in 2..19 {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + y;
        bytes[31] = 0x7f;
        if VerifyingKey::from_bytes(&bytes).is_ok_and(|key| !key.is_weak()) {
            second_forms += 1;
            assert_eq!(
                Jwk::from_bytes(&bytes, SigningAlgorithm::EdDsa),
                Err(KeyError::Unusable),
                "{y}"
            );
        }
    }
    assert!(second_forms > 0);
}

proptest! {
    #[test]
    fn what_is_published_is_read_back(secrets in prop::collection::vec(any::<[u8; 32]>(), 0..4)) {
        let keys = secrets.iter().map(|secret| SigningKey::from_bytes(secret).verifying_key());
        let set = JwkSet::new(keys.map(|key| Jwk::new(key, SigningAlgorithm::Ed25519).unwrap()).collect());
        for jwk in set.keys() {
            prop_assert_eq!(set.find(jwk.kid()), Some(jwk));
        }
        prop_assert_eq!(JwkSet::parse(&serde_json::to_string(&set).unwrap()), Ok(set));
    }

    #[test]
    fn any_text_is_refused(text in any::<String>()) {
        prop_assert_eq!(JwkSet::parse(&text), Err(KeyError::Malformed));
    }
}
