//! Base62 of fixed width: a big-endian number of `BYTES` bytes as `DIGITS` digits, padded on the
//! left with `0`.
//!
//! The alphabet ascends in ASCII, so that texts of one width sort like the numbers that they
//! represent.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The digits of a number. It doesn't compile if `DIGITS` digits can't hold `BYTES` bytes.
///
/// This works on a copy of the number, of which only zeros are left.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a dividend below 62 * 256 has a quotient below 256"
)]
pub(crate) const fn encode<const BYTES: usize, const DIGITS: usize>(
    mut number: [u8; BYTES],
) -> [u8; DIGITS] {
    // A digit holds log2(62) = 5.9541… bits.
    const { assert!(DIGITS * 5954 >= BYTES * 8 * 1000) };
    let mut digits = [0; DIGITS];
    let mut digit = DIGITS;
    while digit > 0 {
        digit -= 1;
        let mut remainder = 0;
        let mut byte = 0;
        while byte < BYTES {
            let dividend = remainder * 256 + number[byte] as usize;
            number[byte] = (dividend / 62) as u8;
            remainder = dividend % 62;
            byte += 1;
        }
        digits[digit] = ALPHABET[remainder];
    }
    digits
}

/// Whether a text is the result of [`encode`] for some number of `BYTES` bytes.
pub(crate) fn is_canonical<const BYTES: usize, const DIGITS: usize>(text: &[u8; DIGITS]) -> bool {
    let greatest = const { encode::<BYTES, DIGITS>([u8::MAX; BYTES]) };
    text.iter().all(u8::is_ascii_alphanumeric) && *text <= greatest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bounds_are_those_of_the_number() {
        assert_eq!(encode::<4, 6>([0; 4]), *b"000000");
        assert_eq!(encode::<4, 6>(61_u32.to_be_bytes()), *b"00000z");
        assert_eq!(encode::<4, 6>(62_u32.to_be_bytes()), *b"000010");
        assert_eq!(encode::<4, 6>(u32::MAX.to_be_bytes()), *b"4gfFC3");
        assert!(is_canonical::<4, 6>(b"4gfFC3"));
        assert!(!is_canonical::<4, 6>(b"4gfFC4"));
        assert!(!is_canonical::<4, 6>(b"zzzzzz"));
    }

    proptest! {
        #[test]
        fn every_number_has_its_text(number: u32) {
            let digits = encode::<4, 6>(number.to_be_bytes());
            prop_assert!(is_canonical::<4, 6>(&digits));
            prop_assert_eq!(decode(digits), Some(u64::from(number)));
        }

        #[test]
        fn texts_sort_as_numbers(one: [u8; 32], other: [u8; 32]) {
            prop_assert_eq!(encode::<32, 43>(one).cmp(&encode::<32, 43>(other)), one.cmp(&other));
        }

        #[test]
        fn a_text_is_canonical_if_its_number_fits(digits: [u8; 6]) {
            let fits = decode(digits).is_some_and(|number| u32::try_from(number).is_ok());
            prop_assert_eq!(is_canonical::<4, 6>(&digits), fits);
        }

        #[test]
        fn a_text_of_the_alphabet_is_canonical_if_its_number_fits(text in "[0-5][0-9A-Za-z]{5}") {
            let digits = text.as_bytes().try_into().unwrap();
            let fits = decode(digits).is_some_and(|number| u32::try_from(number).is_ok());
            prop_assert_eq!(is_canonical::<4, 6>(&digits), fits);
        }
    }

    fn decode(digits: [u8; 6]) -> Option<u64> {
        digits.iter().try_fold(0, |number, digit| {
            let value = ALPHABET.iter().position(|known| known == digit)?;
            Some(number * 62 + value as u64)
        })
    }
}
