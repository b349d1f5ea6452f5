//! `personal-access-tokens.json`: texts that are a personal access token, or not.

use ats_pat_token::PersonalAccessToken;
use serde::{Deserialize, Serialize};

use crate::file::checked_in;

#[derive(Serialize, Deserialize)]
struct Secrets {
    about: String,
    vectors: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    text: String,
    is_well_formed: bool,
}

const ZEROS: &str = "atspat_00000000000000000000000000000000000000000002CZclj";
const GREATEST: &str = "atspat_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13sRzl1";
const COUNTING_UP: &str = "atspat_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";

fn generated() -> Secrets {
    let good = [
        ZEROS,
        "atspat_00000000000000000000000000000000000000000010HNUPx",
        "atspat_000000000000000000000000000000000000000000x00LcPl",
        "atspat_ULrwNTJa3CHVaAVmO8lHlO4Afd3drtx651MXvhT4GuW1RLqoT",
        GREATEST,
        COUNTING_UP,
    ]
    .map(|text| (text.to_owned(), true));
    let mut bad = vec![
        String::new(),
        "atspat_".to_owned(),
        // Beyond 256 bits, with the right checksum.
        "atspat_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp21MwCft".to_owned(),
        "atspat_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0UsatS".to_owned(),
        // A checksum without its leading zeros.
        "atspat_000000000000000000000000000000000000000000xLcPl".to_owned(),
        format!("{}{}", &ZEROS[..50], &GREATEST[50..]),
        COUNTING_UP.to_uppercase(),
        COUNTING_UP.to_lowercase(),
        COUNTING_UP.replace("atspat_", "atsop_"),
        COUNTING_UP.replace("atspat_", "Atspat_"),
        COUNTING_UP[..COUNTING_UP.len() - 1].to_owned(),
        COUNTING_UP.replacen("3a", "a3", 1),
        COUNTING_UP.replacen('3', "-", 1),
        COUNTING_UP.replacen('3', "\u{663}", 1),
        format!("{COUNTING_UP}{COUNTING_UP}"),
        format!("Bearer {COUNTING_UP}"),
    ];
    for around in [" ", "\t", "\n", "\0", "\"", "=", "0", "\u{feff}", "\u{a0}"] {
        bad.push(format!("{around}{COUNTING_UP}"));
        bad.push(format!("{COUNTING_UP}{around}"));
    }
    let bad = bad.into_iter().map(|text| (text, false));
    Secrets {
        about: "Texts, and whether each is exactly a personal access token. Nobody has these. See \
                README.md."
            .to_owned(),
        vectors: good
            .into_iter()
            .chain(bad)
            .map(|(text, is_well_formed)| Row {
                text,
                is_well_formed,
            })
            .collect(),
    }
}

#[test]
fn every_text_is_judged_as_its_row_says() {
    for row in checked_in("personal-access-tokens", &generated()).vectors {
        let parsed = PersonalAccessToken::parse(&row.text);
        assert_eq!(parsed.is_ok(), row.is_well_formed, "{:?}", row.text);
    }
}
