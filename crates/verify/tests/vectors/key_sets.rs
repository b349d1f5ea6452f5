//! `key-sets.json`: the texts of published keys.

use ats_pat_token::{JwkSet, KeyError};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::{
    file::{Verdict, checked_in},
    forge::{KID, Object, base64url, key, other_key, siblings},
};

#[derive(Serialize, Deserialize)]
struct KeySets {
    about: String,
    vectors: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    name: String,
    key_set: String,
    verdict: Verdict,
    /// The ids of the keys that are taken, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

// RFC 8037, appendix A.
const RFC_SECRET: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const RFC_PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const RFC_THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

/// The points of small order in every form, but for the sign.
const WEAK: [&str; 7] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

fn x_of(key: &VerifyingKey) -> String {
    base64url(key.as_bytes())
}

/// The issuer's key as it is published.
fn ours() -> Object {
    Object::new(&[
        ("kty", "\"OKP\""),
        ("crv", "\"Ed25519\""),
        ("x", &format!("\"{}\"", x_of(&key().verifying_key()))),
        ("kid", &format!("\"{KID}\"")),
        ("use", "\"sig\""),
        ("alg", "\"EdDSA\""),
    ])
}

fn set(keys: &[String]) -> String {
    format!("{{\"keys\":[{}]}}", keys.join(","))
}

fn accepts(name: &str, key_set: String, key_ids: &[&str]) -> Row {
    Row {
        name: name.to_owned(),
        key_set,
        verdict: Verdict::Accepted,
        key_ids: Some(key_ids.iter().map(ToString::to_string).collect()),
        reason: None,
    }
}

fn refuses(reason: &str, name: impl Into<String>, key_set: String) -> Row {
    Row {
        name: name.into(),
        key_set,
        verdict: Verdict::Refused,
        key_ids: None,
        reason: Some(reason.to_owned()),
    }
}

fn rows() -> Vec<Row> {
    let mut rows = accepted();
    rows.extend(refused_keys());
    rows.extend(refused_points());
    rows.extend(refused_texts());
    rows
}

fn accepted() -> Vec<Row> {
    let other = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
        x_of(&other_key().verifying_key())
    );
    let other_id = ats_pat_token::thumbprint(&other_key().verifying_key());
    let rfc = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{RFC_PUBLIC}"}}"#);
    let of_other_kinds = [
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"rsa"}"#.to_owned(),
        r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#.to_owned(),
        r#"{"kty":"AKP","alg":"ML-DSA-44","pub":"AA","x":7}"#.to_owned(),
        r#"{"kty":"oct","k":"AA"}"#.to_owned(),
        r#"{"kty":1,"x":{}}"#.to_owned(),
        "{}".to_owned(),
        ours().with("crv", "\"X25519\"").text(),
        ours().with("crv", "\"Ed448\"").text(),
        ours().with("use", "\"enc\"").text(),
        ours().with("alg", "\"ECDH-ES\"").text(),
        ours().with("more", "{\"a\":1}").text(),
    ];
    vec![
        accepts("as the issuer publishes it", set(&[ours().text()]), &[KID]),
        accepts("no keys", set(&[]), &[]),
        accepts("the example of RFC 8037", set(&[rfc]), &[RFC_THUMBPRINT]),
        accepts("two keys", set(&[ours().text(), other]), &[KID, &other_id]),
        accepts(
            "the other name of the algorithm",
            set(&[ours().with("alg", "\"Ed25519\"").text()]),
            &[KID],
        ),
        accepts("keys of other kinds", set(&of_other_kinds), &[KID]),
        accepts(
            "another member beside the keys",
            ours().text().replacen('{', "{\"more\":null,\"keys\":[{", 1) + "]}",
            &[KID],
        ),
    ]
}

fn refused_keys() -> Vec<Row> {
    let x = x_of(&key().verifying_key());
    let quoted = |text: &str| format!("\"{text}\"");
    [
        ("Unusable", "x", quoted(&base64url([9; 31]))),
        ("Unusable", "x", quoted(&base64url([9; 33]))),
        ("Unusable", "x", quoted("")),
        ("Unusable", "x", quoted(&format!("{x}="))),
        ("Unusable", "x", quoted(&siblings(&x, 2)[0])),
        ("Unusable", "x", quoted(&x.replace(['-', '_'], "/"))),
        ("Malformed", "x", "null".to_owned()),
        ("Malformed", "x", "[3,161]".to_owned()),
        ("KeyId", "x", quoted(RFC_PUBLIC)),
        ("KeyId", "kid", quoted("key-1")),
        ("KeyId", "kid", quoted("")),
        ("Malformed", "kid", "1".to_owned()),
        ("Malformed", "use", "null".to_owned()),
        ("Malformed", "alg", "null".to_owned()),
        ("Private", "d", quoted(RFC_SECRET)),
        ("Private", "d", "null".to_owned()),
    ]
    .into_iter()
    .map(|(reason, name, value)| {
        let title = format!("{name} {value}");
        refuses(reason, title, set(&[ours().with(name, &value).text()]))
    })
    .chain([
        refuses("Unusable", "without x", set(&[ours().without("x").text()])),
        refuses(
            "KeyId",
            "a good key and a wrong one",
            set(&[ours().text(), ours().with("kid", "\"key-1\"").text()]),
        ),
    ])
    .collect()
}

fn refused_points() -> Vec<Row> {
    let mut points: Vec<([u8; 32], String)> = Vec::new();
    for hex in WEAK {
        for sign in [0, 0x80] {
            let mut bytes: [u8; 32] = std::array::from_fn(|index| {
                u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).unwrap()
            });
            bytes[31] |= sign;
            points.push((bytes, "a point of small order".to_owned()));
        }
    }
    // Coordinates from 0 to 18 can also be written with the prime of the field, 2^255 - 19, added.
    for y in 2..19 {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + y;
        bytes[31] = 0x7f;
        points.push((bytes, "a point in a second form, or none".to_owned()));
    }
    points.push(([2; 32], "no point of the curve".to_owned()));
    let row = |(bytes, what): ([u8; 32], String)| {
        let x = base64url(bytes);
        let key = ours().with("x", &format!("\"{x}\"")).without("kid");
        refuses("Unusable", format!("{what}: {x}"), set(&[key.text()]))
    };
    points.into_iter().map(row).collect()
}

fn refused_texts() -> Vec<Row> {
    let key = ours().text();
    [
        ("nothing", String::new()),
        ("null", "null".to_owned()),
        ("an array", "[]".to_owned()),
        ("no keys", "{}".to_owned()),
        ("keys in an object", "{\"keys\":{}}".to_owned()),
        ("a key that is an array", "{\"keys\":[[]]}".to_owned()),
        ("a key that is null", "{\"keys\":[null]}".to_owned()),
        ("a key alone", key.clone()),
        ("an array of keys", format!("[{key}]")),
        (
            "keys twice",
            format!("{{\"keys\":[{key}],\"keys\":[{key}]}}"),
        ),
        ("a member twice", set(&[ours().after("\"kty\":\"RSA\",")])),
        ("a second object", format!("{} {{}}", set(&[key]))),
    ]
    .map(|(name, text)| refuses("Malformed", format!("text: {name}"), text))
    .into()
}

fn generated() -> KeySets {
    KeySets {
        about: "The texts of key sets, with the ids of the keys that a verifier takes. Keys of \
                other kinds are left out. A key that is wrong spoils the set. See README.md."
            .to_owned(),
        vectors: rows(),
    }
}

#[test]
fn every_key_set_is_judged_as_its_row_says() {
    for row in checked_in("key-sets", &generated()).vectors {
        let found = JwkSet::parse(&row.key_set);
        let key_ids = found.as_ref().ok().map(|set| {
            let ids = set.keys().iter().map(|key| key.kid().to_owned());
            ids.collect::<Vec<_>>()
        });
        assert_eq!(key_ids, row.key_ids, "{}: {found:?}", row.name);
        let said = found.err().map(reason);
        assert_eq!(said, row.reason.as_deref(), "{}", row.name);
        let verdict = if said.is_none() {
            Verdict::Accepted
        } else {
            Verdict::Refused
        };
        assert_eq!(verdict, row.verdict, "{}", row.name);
    }
}

fn reason(refused: KeyError) -> &'static str {
    match refused {
        KeyError::Malformed => "Malformed",
        KeyError::Unusable => "Unusable",
        KeyError::KeyId => "KeyId",
        KeyError::Private => "Private",
    }
}
