//! Tokens whose text is not the one text that is accepted.

use ats_pat_token::{MAX_LENGTH, VerifyError};
use serde_json::{Map, Value};

use super::parts;
use crate::fixture::{CLAIMS, HEADER, base64url, signed, signed_parts, verified};

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[test]
fn header_and_claims_are_objects_and_only_that() {
    let values: Map<String, Value> = serde_json::from_str(CLAIMS).unwrap();
    let as_array = Value::Array(values.into_iter().map(|(_, value)| value).collect()).to_string();
    let nested = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
    for payload in [
        as_array.as_str(),
        "",
        "null",
        "\"\"",
        "{}",
        "[]",
        &format!("{CLAIMS}{CLAIMS}"),
        &format!("{CLAIMS}x"),
        &format!("\u{feff}{CLAIMS}"),
        &CLAIMS[..CLAIMS.len() - 1],
        &CLAIMS.replacen('{', &format!(r#"{{"more":{nested},"#), 1),
    ] {
        assert_eq!(
            verified(&signed(HEADER, payload)),
            Err(VerifyError::Claims),
            "{payload}"
        );
    }
    for header in [
        r#"["EdDSA","at+jwt","kid"]"#,
        "",
        "{",
        "[]",
        "null",
        &format!("{HEADER},"),
    ] {
        assert_eq!(
            verified(&signed(header, CLAIMS)),
            Err(VerifyError::Malformed),
            "{header}"
        );
    }
    let mut not_utf8 = CLAIMS.replace("anna", "ann?").into_bytes();
    let index = not_utf8.iter().position(|byte| *byte == b'?').unwrap();
    not_utf8[index] = 0xff;
    assert_eq!(
        verified(&signed_parts(&base64url(HEADER), &base64url(not_utf8))),
        Err(VerifyError::Claims)
    );
}

#[test]
fn each_part_has_one_text() {
    let [header, payload, signature] = parts();
    for (header, payload, signature) in [
        (format!("{header}="), payload.clone(), signature.clone()),
        (header.clone(), format!("{payload}="), signature.clone()),
        (header.clone(), format!("{payload}=="), signature.clone()),
        (header.clone(), payload.clone(), format!("{signature}==")),
        (format!(" {header}"), payload.clone(), signature.clone()),
        (header.clone(), payload.clone(), format!("{signature}\n")),
        (header.clone(), format!("{payload}\r\n"), signature.clone()),
        (header.clone(), payload.clone(), format!("{signature}A")),
        (header.clone(), payload.clone(), format!("{signature}AAAA")),
        (header.clone(), payload.clone(), signature[..84].to_owned()),
        (header.clone(), payload.clone(), signature[..85].to_owned()),
        (
            header.clone(),
            payload.clone(),
            signature.replace('-', "+").replace('_', "/"),
        ),
        (header.clone(), payload.clone(), String::new()),
        (String::new(), payload.clone(), signature.clone()),
    ] {
        assert_eq!(
            verified(&format!("{header}.{payload}.{signature}")),
            Err(VerifyError::Malformed)
        );
    }
}

#[test]
fn trailing_bits_are_zero() {
    // 64 bytes leave four bits of the last character unused, so fifteen other texts decode to the
    // same signature.
    let [header, payload, signature] = parts();
    let (start, last) = signature.split_at(85);
    let value = ALPHABET.find(last).unwrap();
    assert_eq!(value % 16, 0);
    for sibling in value + 1..value + 16 {
        let last = &ALPHABET[sibling..=sibling];
        assert_eq!(
            verified(&format!("{header}.{payload}.{start}{last}")),
            Err(VerifyError::Malformed)
        );
    }
    // The same for a payload that the issuer itself could have signed.
    let payload = ["", " ", "  "]
        .map(|space| base64url(format!("{CLAIMS}{space}")))
        .into_iter()
        .find(|text| text.len() % 4 == 2)
        .unwrap();
    let (start, last) = payload.split_at(payload.len() - 1);
    let value = ALPHABET.find(last).unwrap();
    let sibling = format!("{start}{}", &ALPHABET[value + 1..value + 2]);
    assert!(verified(&signed_parts(&header, &payload)).is_ok());
    assert_eq!(
        verified(&signed_parts(&header, &sibling)),
        Err(VerifyError::Malformed)
    );
}

#[test]
fn there_are_three_parts() {
    let [header, payload, signature] = parts();
    for token in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        header.clone(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!(".{payload}.{signature}"),
        format!(".{header}.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}."),
        format!("{header}..{payload}.{signature}"),
        format!("{header}.{payload}.{signature}.{signature}"),
        format!("{header}.{payload}.{payload}.{payload}.{signature}"),
        format!("Bearer {header}.{payload}.{signature}"),
    ] {
        assert_eq!(verified(&token), Err(VerifyError::Malformed), "{token}");
    }
    // An empty payload is a part too, but the signature is for another one.
    assert_eq!(
        verified(&format!("{header}..{signature}")),
        Err(VerifyError::Signature)
    );
}

#[test]
fn a_long_text_is_refused_unread() {
    let padded = |spaces: usize| signed(HEADER, &format!("{CLAIMS}{}", " ".repeat(spaces)));
    let short = (0..MAX_LENGTH)
        .rev()
        .map(padded)
        .find(|token| token.len() <= MAX_LENGTH)
        .unwrap();
    assert!(verified(&short).is_ok());
    let spaces = short.len() - padded(0).len();
    assert_eq!(verified(&padded(spaces)), Err(VerifyError::Malformed));
    assert_eq!(
        verified(&"A".repeat(MAX_LENGTH + 1)),
        Err(VerifyError::Malformed)
    );
}
