use ats_pat_token::{
    Audience, Claims, EmptyAudience, Expectations, Header, SigningAlgorithm, Unverified,
    VerifyError,
};
use proptest::prelude::*;

use crate::fixture::{
    CLAIMS, EXPECTED, EXPIRES, HEADER, ISSUED, ISSUER, KID, base64url, claims, header, minted,
    signed, signing_key, verified, verified_as,
};

// Signed by Python's `cryptography`, and accepted by PyJWT.
const KNOWN: &str = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjFJRzJ0TUg3SjJ3Ykpabk9mOExKelFpdEtmN0xNdm9BRWxzdURNVk01NFkifQ.eyJpc3MiOiJodHRwczovL3BhdC5leGFtcGxlLmNvbSIsInN1YiI6IjAxOTM2ZDNhLTdjNDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImF1ZCI6Imh0dHBzOi8vcGF0LmV4YW1wbGUuY29tIiwiZXhwIjoxNzk2MDAwMzAwLCJpYXQiOjE3OTYwMDAwMDAsIm5iZiI6MTc5NjAwMDAwMCwianRpIjoiMDE5MzZkM2EtN2M0MC03MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiY2xpZW50X2lkIjoiMDE5MzZkM2EtN2M0MC03MDAwLTgwMDAtMDAwMDAwMDAwMDAzIiwicHJlZmVycmVkX3VzZXJuYW1lIjoiYW5uYSIsInNjb3BlIjoiYnVpbGQ6cmVhZCBwYWNrYWdlczp3cml0ZSIsImF0c19nZW5lcmF0aW9uIjozfQ.J-Uw9JMwF3CYsZOmxeMVTALf1DA7LpjHE_Jej9l13EYirsY3frRNYrN52EEYyJXUlDTdPhcmouP_GfiJoJ43Bw";

// Made by PyJWT, with its order of members, an array of recipients, and no generation.
const BY_PYJWT: &str = "eyJhbGciOiJFZERTQSIsImtpZCI6IjFJRzJ0TUg3SjJ3Ykpabk9mOExKelFpdEtmN0xNdm9BRWxzdURNVk01NFkiLCJ0eXAiOiJhdCtqd3QifQ.eyJpc3MiOiJodHRwczovL3BhdC5leGFtcGxlLmNvbSIsInN1YiI6IjAxOTM2ZDNhLTdjNDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImF1ZCI6WyJodHRwczovL2NpLmV4YW1wbGUuY29tIiwiaHR0cHM6Ly9wYXQuZXhhbXBsZS5jb20iXSwiZXhwIjoxNzk2MDAwMzAwLCJpYXQiOjE3OTYwMDAwMDAsIm5iZiI6MTc5NjAwMDAwMCwianRpIjoiMDE5MzZkM2EtN2M0MC03MDAwLTgwMDAtMDAwMDAwMDAwMDAyIiwiY2xpZW50X2lkIjoiMDE5MzZkM2EtN2M0MC03MDAwLTgwMDAtMDAwMDAwMDAwMDAzIiwicHJlZmVycmVkX3VzZXJuYW1lIjoiYW5uYSIsInNjb3BlIjoiYnVpbGQ6cmVhZCBwYWNrYWdlczp3cml0ZSJ9.BuALjqa-ctCJ2oQ-IHu1t4WO2Cyr1s3OMVQ4wdp8IvsNiIf7RHtn9XsBt3mpeFkQKdAwZT-6NRDoAJEdixgoBw";

fn at(now_seconds: i64, skew_seconds: u32) -> Expectations<'static> {
    Expectations {
        now_seconds,
        skew_seconds,
        ..EXPECTED
    }
}

fn audience(recipients: &[&str]) -> Audience {
    Audience::new(recipients.iter().map(ToString::to_string).collect()).unwrap()
}

#[test]
fn a_minted_token_is_that_of_another_implementation() {
    assert_eq!(minted(&header(), &claims()), KNOWN);
    assert_eq!(verified(KNOWN), Ok(claims()));
    assert_eq!(Unverified::parse(KNOWN).ok().unwrap().kid(), KID);
}

#[test]
fn a_token_of_another_implementation_is_read() {
    let theirs = Claims {
        aud: audience(&["https://ci.example.com", ISSUER]),
        ats_generation: None,
        status: None,
        ..claims()
    };
    assert_eq!(verified(BY_PYJWT), Ok(theirs));
}

#[test]
fn both_names_of_the_algorithm_and_every_spelling_of_the_type_are_read() {
    let renamed = Header {
        alg: SigningAlgorithm::Ed25519,
        ..header()
    };
    assert_eq!(verified(&minted(&renamed, &claims())), Ok(claims()));
    for typ in ["AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert_eq!(
            verified(&signed(&HEADER.replace("at+jwt", typ), CLAIMS)),
            Ok(claims()),
            "{typ}"
        );
    }
}

#[test]
fn a_known_header_saves_its_reading_and_changes_no_answer() {
    let key = signing_key().verifying_key();
    let token = minted(&header(), &claims());
    let known = Unverified::parse(&token)
        .ok()
        .unwrap()
        .new_header()
        .unwrap();
    let again = Unverified::parse_with(&token, &known).ok().unwrap();
    assert_eq!(again.kid(), KID);
    assert!(again.new_header().is_none());
    assert_eq!(again.verify(&key, &EXPECTED), Ok(claims()));

    let renamed = Header {
        alg: SigningAlgorithm::Ed25519,
        ..header()
    };
    let other = minted(&renamed, &claims());
    let read = Unverified::parse_with(&other, &known).ok().unwrap();
    assert!(read.new_header().is_some());
    assert_eq!(read.verify(&key, &EXPECTED), Ok(claims()));
    let unsigned = other.replacen("eyJ", "eyK", 1);
    assert_eq!(
        Unverified::parse_with(&unsigned, &known).err(),
        Some(VerifyError::Malformed)
    );
}

#[test]
fn unknown_members_are_ignored() {
    let header = HEADER.replace(
        '{',
        r#"{"x5t":"abc","b64":true,"more":{"a":[1,null,2.5,-3,true]},"#,
    );
    let payload = CLAIMS.replace('{', r#"{"roles":["admin"],"cnf":{"jkt":"abc"},"#);
    assert_eq!(verified(&signed(&header, &payload)), Ok(claims()));
}

#[test]
fn an_absent_scope_is_no_rights() {
    let silent = verified(&signed(HEADER, &CLAIMS.replace("\"scope\"", "\"scopes\""))).unwrap();
    assert_eq!(silent.scope, "");
    assert_eq!(silent.scopes().count(), 0);
    assert!(!silent.has_scope(""));
}

#[test]
fn a_scope_is_held_whole_or_not() {
    let claims = claims();
    assert_eq!(
        claims.scopes().collect::<Vec<_>>(),
        ["build:read", "packages:write"]
    );
    assert!(claims.has_scope("build:read"));
    assert!(claims.has_scope("packages:write"));
    for other in [
        "",
        " ",
        "build",
        "build:read ",
        "Build:read",
        "build:read packages:write",
        "all",
    ] {
        assert!(!claims.has_scope(other), "{other:?}");
    }
}

#[test]
fn an_empty_scope_is_written_and_an_unknown_generation_is_not() {
    let bare = Claims {
        scope: String::new(),
        ats_generation: None,
        status: None,
        ..claims()
    };
    let json = serde_json::to_string(&bare).unwrap();
    assert!(json.ends_with(r#","scope":""}"#));
    assert_eq!(serde_json::to_string(&claims()).unwrap(), CLAIMS);
    assert_eq!(serde_json::to_string(&header()).unwrap(), HEADER);
}

#[test]
fn one_recipient_is_a_string_and_several_are_an_array() {
    let json = |recipients: &[&str]| serde_json::to_string(&audience(recipients)).unwrap();
    assert_eq!(json(&["a"]), r#""a""#);
    assert_eq!(json(&["a", "b"]), r#"["a","b"]"#);
    assert_eq!(
        serde_json::from_str::<Audience>(r#"["a"]"#).unwrap(),
        audience(&["a"])
    );
    assert_eq!(Audience::new(Vec::new()), Err(EmptyAudience));
    assert_eq!(audience(&["a", "b"]).iter().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn it_is_for_its_recipients_only() {
    let shared = minted(
        &header(),
        &Claims {
            aud: audience(&["one", "two"]),
            ..claims()
        },
    );
    for (recipient, answer) in [
        ("one", None),
        ("two", None),
        ("One", Some(VerifyError::Audience)),
    ] {
        assert_eq!(
            verified_as(
                &shared,
                &Expectations {
                    audience: recipient,
                    ..EXPECTED
                }
            )
            .err(),
            answer
        );
    }
    assert_eq!(verified(&shared), Err(VerifyError::Audience));
}

#[test]
fn the_issuer_is_compared_exactly() {
    for issuer in [
        "https://pat.example.com/",
        "https://PAT.example.com",
        "http://pat.example.com",
        "",
    ] {
        assert_eq!(
            verified_as(KNOWN, &Expectations { issuer, ..EXPECTED }),
            Err(VerifyError::Issuer),
            "{issuer}"
        );
    }
}

#[test]
fn it_expires_in_its_last_second_and_the_skew() {
    assert!(verified_as(KNOWN, &at(EXPIRES - 1, 0)).is_ok());
    assert_eq!(
        verified_as(KNOWN, &at(EXPIRES, 0)),
        Err(VerifyError::Expired)
    );
    assert!(verified_as(KNOWN, &at(EXPIRES + 29, 30)).is_ok());
    assert_eq!(
        verified_as(KNOWN, &at(EXPIRES + 30, 30)),
        Err(VerifyError::Expired)
    );
}

#[test]
fn it_begins_in_its_first_second_less_the_skew() {
    assert!(verified_as(KNOWN, &at(ISSUED, 0)).is_ok());
    assert_eq!(
        verified_as(KNOWN, &at(ISSUED - 1, 0)),
        Err(VerifyError::NotYetValid)
    );
    assert!(verified_as(KNOWN, &at(ISSUED - 30, 30)).is_ok());
    assert_eq!(
        verified_as(KNOWN, &at(ISSUED - 31, 30)),
        Err(VerifyError::NotYetValid)
    );

    let later = minted(
        &header(),
        &Claims {
            nbf: ISSUED + 10,
            ..claims()
        },
    );
    assert_eq!(
        verified_as(&later, &at(ISSUED, 0)),
        Err(VerifyError::NotYetValid)
    );
    let from_the_future = minted(
        &header(),
        &Claims {
            iat: ISSUED + 10,
            ..claims()
        },
    );
    assert_eq!(
        verified_as(&from_the_future, &at(ISSUED, 0)),
        Err(VerifyError::NotYetValid)
    );
}

#[test]
fn times_at_the_ends_of_the_range_overflow_nothing() {
    let endless = minted(
        &header(),
        &Claims {
            exp: i64::MAX,
            nbf: i64::MIN,
            iat: i64::MIN,
            ..claims()
        },
    );
    assert!(verified_as(&endless, &at(i64::MAX - 1, u32::MAX)).is_ok());
    assert!(verified_as(&endless, &at(i64::MIN, u32::MAX)).is_ok());
    let ended = minted(
        &header(),
        &Claims {
            exp: i64::MIN,
            ..claims()
        },
    );
    assert_eq!(
        verified_as(&ended, &at(ISSUED, u32::MAX)),
        Err(VerifyError::Expired)
    );
}

#[test]
fn the_signature_is_judged_before_the_claims() {
    let expired = minted(
        &header(),
        &Claims {
            exp: ISSUED - 1000,
            ..claims()
        },
    );
    let (input, _) = expired.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", base64url([0; 64]));
    assert_eq!(verified(&forged), Err(VerifyError::Signature));
    assert_eq!(verified(&expired), Err(VerifyError::Expired));
}

proptest! {
    #[test]
    fn what_was_minted_is_read_back(
        sub: String, jti: String, client_id: String, preferred_username: String, scope: String,
        ats_generation: Option<u32>, exp in EXPIRES..,
    ) {
        let said = Claims { sub, jti, client_id, preferred_username, scope, ats_generation, exp, ..claims() };
        prop_assert_eq!(verified(&minted(&header(), &said)), Ok(said));
    }

    #[test]
    fn any_other_byte_anywhere_is_refused(index in 0..KNOWN.len(), other in "[-_.0-9A-Za-z= ]") {
        prop_assume!(KNOWN[index..=index] != other);
        let mut token = KNOWN.to_owned();
        token.replace_range(index..=index, &other);
        prop_assert!(verified(&token).is_err());
    }

    #[test]
    fn any_text_is_refused(text in any::<String>()) {
        prop_assert!(verified(&text).is_err());
    }
}
