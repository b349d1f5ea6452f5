//! Signatures of others, and second forms of good ones.

use ed25519_dalek::{Signature, Verifier};

use crate::{
    forge::{
        ISSUED, base64url, claims, key, other_key, signed_by, taken_apart, with_second_scalar,
    },
    row::{GOOD, Rows, of},
};

/// The issuer's signature of the first token with the nonce zero: R is the neutral point. Only who
/// has the key can make it, and a lax check accepts it.
const WITHOUT_R: &str =
    "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAACq9yx1uqWLSA0mpQUTD66M3DHdR0SaeBWYT8cmC22rBg";

/// Whether a check accepts a token that follows the equation alone (RFC 8032, section 5.1.7).
pub fn is_lax(token: &str) -> bool {
    let (input, signature) = taken_apart(token);
    let signature = Signature::from_bytes(&signature);
    let key = key().verifying_key();
    key.verify(input.as_bytes(), &signature).is_ok()
}

pub fn signatures(rows: &mut Rows) {
    let token = of(&claims(GOOD));
    let (input, signature) = taken_apart(&token);
    let with_r = |r: [u8; 32]| {
        let mut other = signature;
        other[..32].copy_from_slice(&r);
        other
    };
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut of_order_two = [0xff; 32];
    of_order_two[0] = 0xec;
    of_order_two[31] = 0x7f;
    let mut neutral_again = [0xff; 32];
    neutral_again[0] = 0xee;
    neutral_again[31] = 0x7f;
    let mut flipped = signature;
    flipped[0] ^= 1;
    let mut negative = signature;
    negative[31] ^= 0x80;
    for (name, bytes) in [
        (
            "the scalar and the order of the group",
            with_second_scalar(signature),
        ),
        ("R is the neutral point", with_r(neutral)),
        (
            "R is the neutral point in another form",
            with_r(neutral_again),
        ),
        ("R has order two", with_r(of_order_two)),
        ("one bit of R", flipped),
        ("R with the other sign", negative),
        ("zeros", [0; 64]),
        ("ones", [0xff; 64]),
    ] {
        let text = format!("{input}.{}", base64url(bytes));
        rows.refuses("Signature", format!("signature: {name}"), text);
    }
    assert!(is_lax(&format!("{input}.{WITHOUT_R}")));
    let text = format!("{input}.{WITHOUT_R}");
    let name = "signature: R is the neutral point, and the equation holds";
    rows.refuses("Signature", name, text);
    let (header, payload) = input.split_once('.').unwrap();
    let others = signed_by(&other_key(), header, payload);
    rows.refuses("Signature", "signature: of another key", others);
    let wider = base64url(claims(GOOD).with("scope", "\"all\"").text());
    let altered = format!("{header}.{wider}.{}", base64url(signature));
    rows.refuses(
        "Signature",
        "other claims under the same signature",
        altered,
    );
    let expired = of(&claims(GOOD).with("exp", &(ISSUED - 1000).to_string()));
    let (input, _) = taken_apart(&expired);
    let forged = format!("{input}.{}", base64url([0; 64]));
    rows.refuses("Signature", "forged and expired", forged);
}
