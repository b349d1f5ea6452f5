use proptest::prelude::*;

use super::*;

/// By Python's `argon2-cffi`, for "correct horse zoë staple".
const KNOWN: &str = "$argon2id$v=19$m=19456,t=2,p=1$AwMDAwMDAwMDAwMDAwMDAw$YLG/cBth+cOBl+odBbwk9f9TkZk3soU14DLVp62oswU";

fn cheap() -> PasswordHasher {
    let cost = PasswordCost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    PasswordHasher::new(cost, 1).unwrap()
}

fn verdict(text: &str) -> Result<(), PasswordRefused> {
    Password::chosen(text, &["alice.smith@example.com", "Alice Smith"]).map(|_| ())
}

#[test]
fn hashes_are_what_another_program_computes() {
    let password = Password::typed("correct horse zoë staple");
    let hasher = PasswordHasher::default();
    assert_eq!(hasher.hash(&password, [3; 16]).unwrap(), KNOWN);
    assert!(hasher.verify(KNOWN, &password).unwrap());
    assert!(
        !hasher
            .verify(KNOWN, &Password::typed("correct horse zoe staple"))
            .unwrap()
    );
}

#[test]
fn a_password_is_the_same_on_every_keyboard() {
    for other in [
        "correct horse zoe\u{308} staple",
        "correct\u{a0}horse\u{3000}zoë staple",
    ] {
        assert!(
            cheap().verify(KNOWN, &Password::typed(other)).unwrap(),
            "{other}"
        );
    }
    let full_width = Password::typed("ｃorrect horse zoë staple");
    assert!(!cheap().verify(KNOWN, &full_width).unwrap());
}

#[test]
fn new_passwords_have_12_to_128_characters() {
    assert_eq!(verdict("grüne wies"), Err(PasswordRefused::TooShort));
    assert_eq!(verdict("grünewiese1"), Err(PasswordRefused::TooShort));
    assert_eq!(verdict("grüne wiese1"), Ok(()));
    // Eleven characters after the marks have joined their letters.
    assert_eq!(
        verdict("gru\u{308}newiese1"),
        Err(PasswordRefused::TooShort)
    );
    let long: String = "grüne wiese bei nacht ".chars().cycle().take(128).collect();
    assert_eq!(verdict(&long), Ok(()));
    assert_eq!(verdict(&format!("{long}x")), Err(PasswordRefused::TooLong));
    assert_eq!(verdict(&"x".repeat(60_000)), Err(PasswordRefused::TooLong));
    assert_eq!(verdict(""), Err(PasswordRefused::TooShort));
}

#[test]
fn any_characters_will_do_if_they_are_not_common_together() {
    for good in [
        "correct horse battery staple",
        "an ordinary passphrase",
        "test-password-123",
        "kjhgqwzvbnxm",
        "\u{0}ganz\tandere\u{7f}zeichen",
    ] {
        assert_eq!(verdict(good), Ok(()), "{good}");
    }
    for common in [
        "password1234",
        "P@ssw0rd2024!",
        "ｐａｓｓｗｏｒｄ１２３４",
        "123456789012",
        "qwertyuiopasdf",
        "aaaaaaaaaaaa",
        "iloveyouiloveyou",
        "alice.smith12",
        "AliceSmith2026",
    ] {
        assert_eq!(verdict(common), Err(PasswordRefused::TooCommon), "{common}");
    }
    for common in ["password", "1234567890", "147896325", "a1", "ä"] {
        let long: String = common.chars().cycle().take(128).collect();
        assert_eq!(verdict(&long), Err(PasswordRefused::TooCommon), "{long}");
    }
}

#[test]
fn the_estimate_never_overflows() {
    // One long walk over a keypad that returns to the middle at every second step, and repeats
    // nothing.
    let walk: String = (0..64)
        .flat_map(|step| ['5', char::from(b"12346789"[step * step * step / 7 % 8])])
        .collect();
    assert_eq!(unit(&walk), walk);
    let _ = verdict(&walk);
}

#[test]
fn unknown_users_cost_the_same_hash_and_never_get_in() {
    assert!(
        !cheap()
            .verify_unknown(&Password::typed("whatever"))
            .unwrap()
    );
}

#[test]
fn hashes_of_other_costs_verify_and_are_due_to_be_hashed_again() {
    let password = Password::typed("correct horse zoë staple");
    let stored = cheap().hash(&password, [3; 16]).unwrap();
    assert!(
        PasswordHasher::default()
            .verify(&stored, &password)
            .unwrap()
    );
    assert!(PasswordHasher::default().needs_rehash(&stored));
    assert!(!PasswordHasher::default().needs_rehash(KNOWN));
    assert!(PasswordHasher::default().needs_rehash("no hash"));
}

#[test]
fn hashes_of_other_kinds_or_of_ruinous_cost_are_not_computed() {
    for wrong in [
        String::new(),
        "no hash".to_owned(),
        KNOWN.replace("argon2id", "argon2i"),
        KNOWN.replace("v=19", "v=16"),
        KNOWN.replace("m=19456", "m=4194304"),
        KNOWN.replace("t=2", "t=4000000000"),
        KNOWN.replace("p=1", "p=255"),
        KNOWN[..KNOWN.len() - 4].to_owned(),
        KNOWN[..KNOWN.len() - 44].to_owned(),
    ] {
        let verdict = cheap().verify(&wrong, &Password::typed("x"));
        assert!(
            matches!(verdict, Err(AuthError::PasswordHashUnreadable)),
            "{wrong}"
        );
    }
    let impossible = PasswordCost {
        memory_kib: 1,
        passes: 0,
        lanes: 1,
    };
    let hasher = PasswordHasher::new(impossible, 1).map(|_| ());
    assert!(matches!(hasher, Err(AuthError::PasswordCostInvalid(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_typed_gets_a_verdict(text in "[0-9.+*/|!$@a-cİﷺ]{0,140}") {
        let _ = verdict(&text);
    }

    #[test]
    fn only_the_password_itself_verifies(text in "\\PC{1,40}", other in "\\PC{1,40}") {
        let [password, other] = [text, other].map(|text| Password::typed(&text));
        let stored = cheap().hash(&password, [3; 16]).unwrap();
        prop_assert!(cheap().verify(&stored, &password).unwrap());
        prop_assert_eq!(cheap().verify(&stored, &other).unwrap(), password.bytes() == other.bytes());
    }
}
