//! Headers that name other algorithms, types and keys.

use jsonwebtoken::{Algorithm, EncodingKey};

use crate::{
    forge::{
        KID, base64url, claims, header, header_of, key, list_claims, other_key, signed, signed_by,
    },
    lists::compressed,
    row::{GOOD, Rows, with},
};

pub fn headers(rows: &mut Rows) {
    for alg in [
        "none", "None", "HS256", "RS256", "ES256", "ES256K", "Ed448", "eddsa", "EDDSA", "ED25519",
        "",
    ] {
        let header = header().with("alg", &format!("\"{alg}\""));
        let name = format!("algorithm {alg:?}, rightly signed");
        rows.refuses("Algorithm", name, with(&header));
        let unsigned = format!(
            "{}.{}.",
            base64url(header.text()),
            base64url(claims(GOOD).text())
        );
        let name = format!("algorithm {alg:?}, not signed");
        rows.refuses("Algorithm", name, unsigned);
    }
    for alg in ["null", "1", "[\"EdDSA\"]"] {
        let name = format!("algorithm {alg}");
        rows.refuses("Malformed", name, with(&header().with("alg", alg)));
    }
    let input = format!(
        "{}.{}",
        base64url(header().with("alg", "\"HS256\"").text()),
        base64url(claims(GOOD).text())
    );
    let secret = EncodingKey::from_secret(key().verifying_key().as_bytes());
    let mac = jsonwebtoken::crypto::sign(input.as_bytes(), &secret, Algorithm::HS256).unwrap();
    rows.refuses(
        "Algorithm",
        "the public key as a shared secret",
        format!("{input}.{mac}"),
    );
    let jwk = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
        base64url(other_key().verifying_key().as_bytes())
    );
    for (name, value) in [
        ("jwk", jwk.as_str()),
        ("jku", "\"https://evil.example.com/jwks.json\""),
        ("x5u", "\"https://evil.example.com/cert.pem\""),
        ("x5c", "[\"MIIB\"]"),
        ("crit", "[\"exp\"]"),
        ("crit", "[]"),
    ] {
        for value in [value, "null"] {
            let header = header().with(name, value);
            let title = format!("a header with {name}: {value}");
            if !rows.0.iter().any(|row| row.name == title) {
                rows.refuses("ForbiddenHeader", title, with(&header));
            }
        }
    }
    let brought = header().with("jwk", &jwk);
    let own = signed_by(
        &other_key(),
        &base64url(brought.text()),
        &base64url(claims(GOOD).text()),
    );
    rows.refuses("ForbiddenHeader", "signed with the key that it brings", own);
}

pub fn types_and_key_ids(rows: &mut Rows) {
    for typ in [
        "JWT",
        "jwt",
        "id+jwt",
        "at+jwt2",
        "statuslist+jwt",
        "application/",
        "text/at+jwt",
        "at-jwt",
        " at+jwt",
        "at+jwt ",
        "",
    ] {
        let name = format!("type {typ:?}");
        rows.refuses("TokenType", name, with(&header_of(typ)));
    }
    let list = signed(
        header_of("statuslist+jwt").text(),
        list_claims(&compressed()).text(),
    );
    rows.refuses("TokenType", "a status list of the issuer", list);
    for name in ["alg", "typ", "kid"] {
        let title = format!("a header without {name}");
        rows.refuses("Malformed", title, with(&header().without(name)));
    }
    for (name, value) in [
        ("typ", "null"),
        ("typ", "7"),
        ("kid", "\"\""),
        ("kid", "null"),
        ("kid", "7"),
    ] {
        let title = format!("{name} {value}");
        rows.refuses("Malformed", title, with(&header().with(name, value)));
    }
    for kid in [
        "key-1".to_owned(),
        "../../etc/passwd".to_owned(),
        "' OR 1=1 --".to_owned(),
        KID[1..].to_owned(),
        KID.to_lowercase(),
        "A".repeat(43),
        "A".repeat(44),
        "=".repeat(43),
    ] {
        let header = header().with("kid", &format!("\"{kid}\""));
        rows.refuses("UnknownKey", format!("key id {kid}"), with(&header));
    }
}
