//! Signed status lists that must be refused: signed by the right key, and by others.

use ats_pat_token::{
    CompressedList, Header, ListVersion, MAX_STATUS_INDEX, MAX_STATUS_LIST_LENGTH,
    SigningAlgorithm, SigningInput, StatusList, StatusListClaims, UnverifiedStatusList,
    VerifyError,
};
use ed25519_dalek::{Signer, SigningKey};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::fixture::{
    HEADER, ISSUED, ISSUER, KID, base64url, claims, header, minted, signed, signed_parts,
    signing_key,
};

const ADDRESS: &str = "https://pat.example.com/status-lists/0";
const LIST_HEADER: &str =
    r#"{"alg":"EdDSA","typ":"statuslist+jwt","kid":"1IG2tMH7J2wbJZnOf8LJzQitKf7LMvoAElsuDMVM54Y"}"#;

fn list_claims() -> StatusListClaims {
    let mut list = StatusList::new();
    list.extend_to(99).unwrap();
    list.set(7, true).unwrap();
    StatusListClaims {
        iss: ISSUER.to_owned(),
        sub: ADDRESS.to_owned(),
        iat: ISSUED,
        exp: ISSUED + 600,
        ttl: 1,
        version: ListVersion { epoch: 3, seq: 41 },
        status_list: CompressedList::new(list.compress().unwrap()),
    }
}

fn payload() -> String {
    serde_json::to_string(&list_claims()).unwrap()
}

fn with(object: &str, name: &str, value: &Value) -> String {
    let mut members: Value = serde_json::from_str(object).unwrap();
    members[name] = value.clone();
    members.to_string()
}

fn without(object: &str, name: &str) -> String {
    let mut members: Value = serde_json::from_str(object).unwrap();
    members.as_object_mut().unwrap().remove(name);
    members.to_string()
}

fn taken_at(text: &str, now_seconds: i64) -> Result<StatusListClaims, VerifyError> {
    let key = signing_key().verifying_key();
    UnverifiedStatusList::parse(text)?.verify(&key, ISSUER, ADDRESS, now_seconds, 60)
}

fn refusal(text: &str) -> Option<VerifyError> {
    taken_at(text, ISSUED).err()
}

fn refusal_of(payload: &str) -> Option<VerifyError> {
    refusal(&signed(LIST_HEADER, payload))
}

#[test]
fn a_good_list_is_taken_as_it_was_signed() {
    let header = Header {
        alg: SigningAlgorithm::EdDsa,
        kid: KID.to_owned(),
    };
    let input = SigningInput::of_status_list(&header, &list_claims());
    let signature = signing_key().sign(input.as_bytes()).to_bytes();
    let text = input.with_signature(&signature).expose_secret().to_owned();
    assert_eq!(text, signed(LIST_HEADER, &payload()));
    let claims = taken_at(&text, ISSUED).unwrap();
    assert_eq!(claims.version, ListVersion { epoch: 3, seq: 41 });
    let list = claims.status_list.decompress().unwrap();
    assert_eq!(
        (list.is_revoked(7), list.is_revoked(8)),
        (Some(true), Some(false))
    );
    assert_eq!(UnverifiedStatusList::parse(&text).ok().unwrap().kid(), KID);
}

#[test]
fn a_token_is_no_list_and_a_list_is_no_token() {
    assert_eq!(
        refusal(&minted(&header(), &claims())),
        Some(VerifyError::TokenType)
    );
    assert_eq!(
        refusal(&signed(HEADER, &payload())),
        Some(VerifyError::TokenType)
    );
    for typ in ["JWT", "statuslist+cwt", "statuslist", "application/jwt", ""] {
        let header = with(LIST_HEADER, "typ", &json!(typ));
        assert_eq!(
            refusal(&signed(&header, &payload())),
            Some(VerifyError::TokenType),
            "{typ}"
        );
    }
    for typ in ["application/statuslist+jwt", "StatusList+JWT"] {
        let header = with(LIST_HEADER, "typ", &json!(typ));
        assert_eq!(refusal(&signed(&header, &payload())), None, "{typ}");
    }
}

#[test]
fn neither_other_algorithms_nor_keys_of_its_own() {
    for alg in ["none", "HS256", "ES256", "Ed448", ""] {
        let header = with(LIST_HEADER, "alg", &json!(alg));
        assert_eq!(
            refusal(&signed(&header, &payload())),
            Some(VerifyError::Algorithm),
            "{alg}"
        );
    }
    for name in ["crit", "jku", "jwk", "x5c", "x5u"] {
        let header = with(LIST_HEADER, name, &json!(null));
        assert_eq!(
            refusal(&signed(&header, &payload())),
            Some(VerifyError::ForbiddenHeader(name))
        );
    }
    let input = format!("{}.{}", base64url(LIST_HEADER), base64url(payload()));
    let other = SigningKey::from_bytes(&[7; 32])
        .sign(input.as_bytes())
        .to_bytes();
    for signature in [other, [0; 64], [0xff; 64]] {
        let text = format!("{input}.{}", base64url(signature));
        assert_eq!(refusal(&text), Some(VerifyError::Signature));
    }
}

#[test]
fn of_another_issuer_and_of_another_address() {
    for (name, values) in [
        (
            "iss",
            ["https://other.example.com", "https://pat.example.com/"],
        ),
        (
            "sub",
            ["https://pat.example.com/status-lists/1", "/status-lists/0"],
        ),
    ] {
        for value in values {
            let refused = refusal_of(&with(&payload(), name, &json!(value)));
            assert_eq!(refused, Some(VerifyError::Issuer), "{value}");
        }
    }
}

#[test]
fn it_holds_from_its_time_to_its_end_give_or_take_the_skew() {
    let text = signed(LIST_HEADER, &payload());
    assert!(taken_at(&text, ISSUED - 60).is_ok());
    assert_eq!(
        taken_at(&text, ISSUED - 61).err(),
        Some(VerifyError::NotYetValid)
    );
    assert!(taken_at(&text, ISSUED + 659).is_ok());
    assert_eq!(
        taken_at(&text, ISSUED + 660).err(),
        Some(VerifyError::Expired)
    );
    let ended = signed(LIST_HEADER, &with(&payload(), "exp", &json!(i64::MIN)));
    assert_eq!(taken_at(&ended, i64::MAX).err(), Some(VerifyError::Expired));
}

#[test]
fn every_claim_is_required_and_has_its_type() {
    for name in [
        "iss",
        "sub",
        "iat",
        "exp",
        "ttl",
        "ats_epoch",
        "ats_seq",
        "status_list",
    ] {
        assert_eq!(
            refusal_of(&without(&payload(), name)),
            Some(VerifyError::Claims),
            "{name}"
        );
        for value in [
            json!(null),
            json!({}),
            json!([]),
            json!(true),
            json!(1.5),
            json!(""),
        ] {
            let payload = with(&payload(), name, &value);
            let refused = refusal_of(&payload);
            let expected = if name == "iss" || name == "sub" {
                refused.is_some()
            } else {
                refused == Some(VerifyError::Claims)
            };
            assert!(expected, "{payload}: {refused:?}");
        }
    }
}

#[test]
fn no_member_stands_twice_at_any_depth() {
    for (before, twice) in [
        (r#"{"iss""#, r#"{"ats_seq":99,"iss""#),
        (r#"{"iss""#, r#"{"\u0061ts_seq":99,"iss""#),
        (r#"{"iss""#, r#"{"exp":4000000000,"iss""#),
        (r#"{"bits""#, r#"{"lst":"eNrbuRgAAhcBXQ","bits""#),
        (r#"{"iss""#, r#"{"more":{"a":1,"a":2},"iss""#),
    ] {
        let payload = payload().replacen(before, twice, 1);
        assert!(payload.contains(twice));
        assert_eq!(refusal_of(&payload), Some(VerifyError::Claims), "{twice}");
    }
}

#[test]
fn of_other_widths_and_in_other_codings() {
    let lst = |list: &Value| with(&payload(), "status_list", list);
    let good = "eNrbuRgAAhcBXQ";
    assert_eq!(refusal_of(&lst(&json!({"bits": 1, "lst": good}))), None);
    assert_eq!(
        refusal_of(&lst(
            &json!({"bits": 1, "lst": good, "aggregation_uri": "x"})
        )),
        None
    );
    for list in [
        json!({"bits": 2, "lst": good}),
        json!({"bits": 0, "lst": good}),
        json!({"bits": "1", "lst": good}),
        json!({"bits": 1}),
        json!({"lst": good}),
        json!([1, good]),
        json!({"bits": 1, "lst": "eNrbuRgAAhcBXQ=="}),
        json!({"bits": 1, "lst": "eNrbuRgAAhcBXR"}),
        json!({"bits": 1, "lst": "eNrbuRgAAhcB XQ"}),
        json!({"bits": 1, "lst": [120, 218]}),
    ] {
        assert_eq!(refusal_of(&lst(&list)), Some(VerifyError::Claims), "{list}");
    }
    // Base64url of bytes that are not one whole zlib stream.
    for bytes in [
        &b""[..],
        b"\xb9\xa3",
        &[0x78, 0xda],
        &[0x1f, 0x8b, 8, 0],
        b"<!doctype html>",
    ] {
        let text = signed(
            LIST_HEADER,
            &lst(&json!({"bits": 1, "lst": base64url(bytes)})),
        );
        let claims = taken_at(&text, ISSUED).unwrap();
        assert!(claims.status_list.decompress().is_none(), "{bytes:?}");
    }
}

#[test]
fn a_list_that_grows_beyond_all_bounds_is_not_unpacked() {
    let mut largest = StatusList::new();
    largest.extend_to(MAX_STATUS_INDEX).unwrap();
    let compressed = largest.compress().unwrap();
    assert!(
        CompressedList::new(compressed.clone())
            .decompress()
            .is_some()
    );
    // Two bombs in one stream look like one.
    let doubled = [&compressed[..], &compressed[..]].concat();
    assert!(CompressedList::new(doubled).decompress().is_none());
}

#[test]
fn a_long_text_is_refused_unread() {
    let text = "A".repeat(MAX_STATUS_LIST_LENGTH + 1);
    assert_eq!(refusal(&text), Some(VerifyError::Malformed));
}

#[test]
fn texts_that_are_cut_or_padded() {
    let text = signed(LIST_HEADER, &payload());
    for length in 0..text.len() {
        assert!(refusal(&text[..length]).is_some(), "{length}");
    }
    for other in [
        format!("{text}="),
        format!("{text}\n"),
        format!(" {text}"),
        format!("{text}."),
    ] {
        assert_eq!(refusal(&other), Some(VerifyError::Malformed));
    }
    let padded = signed_parts(
        &base64url(LIST_HEADER),
        &format!("{}=", base64url(payload())),
    );
    assert_eq!(refusal(&padded), Some(VerifyError::Malformed));
    let as_array = serde_json::from_str::<Value>(&payload()).unwrap();
    let values: Vec<&Value> = as_array.as_object().unwrap().values().collect();
    for payload in [
        json!(values).to_string(),
        String::new(),
        format!("{}x", payload()),
        "null".to_owned(),
    ] {
        assert_eq!(refusal_of(&payload), Some(VerifyError::Claims), "{payload}");
    }
}
