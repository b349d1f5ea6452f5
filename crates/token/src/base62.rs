//! Base62 of fixed width: a big-endian number of `BYTES` bytes as `DIGITS` digits, padded on the left with `0`.
//!
//! The alphabet ascends in ASCII, so that texts of one width sort as the numbers they stand for.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The digits of a number. Fails to compile where `DIGITS` digits cannot hold `BYTES` bytes.
///
/// Only zeros are left of the copy of the number that this works on.
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

/// Whether a text is what [`encode`] makes of some number of `BYTES` bytes.
pub(crate) fn is_canonical<const BYTES: usize, const DIGITS: usize>(text: &[u8; DIGITS]) -> bool {
    let greatest = const { encode::<BYTES, DIGITS>([u8::MAX; BYTES]) };
    text.iter().all(u8::is_ascii_alphanumeric) && *text <= greatest
}
