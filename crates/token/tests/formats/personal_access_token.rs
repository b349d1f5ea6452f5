use ats_pat_token::{Malformed, PersonalAccessToken};
use proptest::prelude::*;

use crate::fixture::counting_up;

// Computed with Python's integers and zlib.
const ZEROS: &str = "atspat_00000000000000000000000000000000000000000002CZclj";
const ONE: &str = "atspat_00000000000000000000000000000000000000000010HNUPx";
const GREATEST: &str = "atspat_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp13sRzl1";
const GREATEST_AND_ONE: &str = "atspat_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp21MwCft";
const GREATEST_OF_43_DIGITS: &str = "atspat_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0UsatS";
const COUNTING_UP: &str = "atspat_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf1Yo7hP";
const COUNTING_DOWN: &str = "atspat_yhgIGB9quGfHP8Y83EcC2im5kZukTeYkpb69aekqK3M2mKh4d";
const HIGHEST_BIT: &str = "atspat_ULrwNTJa3CHVaAVmO8lHlO4Afd3drtx651MXvhT4GuW1RLqoT";
const CHECKSUM_WITH_TWO_ZEROS: &str = "atspat_000000000000000000000000000000000000000000x00LcPl";

fn minted(bytes: [u8; 32]) -> String {
    PersonalAccessToken::from_random(&bytes).expose().to_owned()
}

fn number(last: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[31] = last;
    bytes
}

fn parsed(text: impl AsRef<[u8]>) -> Option<String> {
    PersonalAccessToken::parse(&text)
        .ok()
        .map(|token| token.expose().to_owned())
}

fn is_refused(text: impl AsRef<[u8]>) -> bool {
    matches!(PersonalAccessToken::parse(&text), Err(Malformed))
}

#[test]
fn tokens_are_those_of_another_implementation() {
    let mut highest_bit = [0; 32];
    highest_bit[0] = 0x80;
    for (bytes, text) in [
        ([0; 32], ZEROS),
        (number(1), ONE),
        (number(59), CHECKSUM_WITH_TWO_ZEROS),
        (highest_bit, HIGHEST_BIT),
        ([0xff; 32], GREATEST),
        (counting_up(), COUNTING_UP),
        (counting_up().map(|byte| 255 - byte), COUNTING_DOWN),
    ] {
        assert_eq!(minted(bytes), text);
        assert_eq!(parsed(text).as_deref(), Some(text));
        assert_eq!(text.len(), PersonalAccessToken::LENGTH);
    }
}

#[test]
fn numbers_beyond_256_bits_are_refused_though_their_checksum_is_right() {
    assert!(is_refused(GREATEST_AND_ONE));
    assert!(is_refused(GREATEST_OF_43_DIGITS));
}

#[test]
fn every_truncation_is_refused() {
    for end in 0..COUNTING_UP.len() {
        assert!(is_refused(&COUNTING_UP[..end]));
        assert!(is_refused(&COUNTING_UP[end + 1..]));
    }
}

#[test]
fn every_flip_of_a_letters_case_is_refused() {
    for index in 0..COUNTING_UP.len() {
        let mut text = COUNTING_UP.as_bytes().to_vec();
        text[index] ^= 0x20;
        assert!(is_refused(text));
    }
    assert!(is_refused(COUNTING_UP.to_uppercase()));
    assert!(is_refused(COUNTING_UP.to_lowercase()));
}

#[test]
fn the_checksum_covers_the_digits_alone_and_stands_in_full() {
    // The same checksum without its leading zeros, and digits without theirs.
    assert!(is_refused(CHECKSUM_WITH_TWO_ZEROS.replace("x00", "x")));
    assert!(is_refused(ZEROS.replacen('0', "", 1)));
    assert!(is_refused(format!("{}{}", &ZEROS[..50], &GREATEST[50..])));
}

#[test]
fn what_people_paste_around_a_token_is_refused() {
    for around in [
        " ", "\t", "\n", "\r\n", "\0", "\"", "'", ",", "=", "0", "\u{feff}", "\u{a0}",
    ] {
        assert!(
            is_refused(format!("{around}{COUNTING_UP}")),
            "{around:?} before it"
        );
        assert!(
            is_refused(format!("{COUNTING_UP}{around}")),
            "{around:?} after it"
        );
    }
    assert!(is_refused(format!("Bearer {COUNTING_UP}")));
    assert!(is_refused(format!("{COUNTING_UP}{COUNTING_UP}")));
    assert!(is_refused(format!("{COUNTING_UP},{COUNTING_UP}")));
    assert!(is_refused(""));
}

proptest! {
    #[test]
    fn what_was_minted_is_read_back(bytes: [u8; 32]) {
        let text = minted(bytes);
        prop_assert_eq!(text.len(), PersonalAccessToken::LENGTH);
        prop_assert_eq!(parsed(&text), Some(text));
    }

    #[test]
    fn different_bytes_are_different_tokens(one: [u8; 32], other: [u8; 32]) {
        prop_assert_eq!(minted(one) == minted(other), one == other);
    }

    #[test]
    fn any_other_byte_anywhere_is_refused(bytes: [u8; 32], index in 0..PersonalAccessToken::LENGTH, other: u8) {
        let mut text = minted(bytes).into_bytes();
        prop_assume!(text[index] != other);
        text[index] = other;
        prop_assert!(is_refused(text));
    }

    #[test]
    fn any_byte_more_or_less_is_refused(bytes: [u8; 32], index in 0..PersonalAccessToken::LENGTH, more: u8) {
        let mut text = minted(bytes).into_bytes();
        text.insert(index, more);
        prop_assert!(is_refused(&text));
        text.drain(index..=index + 1);
        prop_assert!(is_refused(&text));
    }

    #[test]
    fn two_neighbours_swapped_are_refused(bytes: [u8; 32], index in 0..PersonalAccessToken::LENGTH - 1) {
        let mut text = minted(bytes).into_bytes();
        prop_assume!(text[index] != text[index + 1]);
        text.swap(index, index + 1);
        prop_assert!(is_refused(text));
    }

    #[test]
    fn invented_tokens_are_refused(text in "atspat_[0-9A-Za-z]{49}") {
        prop_assert!(is_refused(text));
    }

    #[test]
    fn any_text_is_refused(text in any::<String>()) {
        prop_assert!(is_refused(text));
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(is_refused(bytes));
    }
}
