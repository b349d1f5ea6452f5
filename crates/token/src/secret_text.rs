//! The form of the secrets that people and programs keep: a prefix, 43 base62 digits, and 6 of
//! checksum.

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::base62;

pub(crate) const SECRET_BYTES: usize = 32;
const SECRET_DIGITS: usize = 43;
const CHECKSUM_DIGITS: usize = 6;
/// The length of the part after the prefix.
pub(crate) const BEHIND_PREFIX: usize = SECRET_DIGITS + CHECKSUM_DIGITS;

/// The text of 256 random bits behind this prefix.
pub(crate) fn text_of(prefix: &str, bytes: &[u8; SECRET_BYTES]) -> SecretString {
    let secret: Zeroizing<[u8; SECRET_DIGITS]> = Zeroizing::new(base62::encode(*bytes));
    let mut text = String::with_capacity(prefix.len() + BEHIND_PREFIX);
    text.push_str(prefix);
    text.extend(secret.iter().copied().map(char::from));
    text.extend(checksum(&secret).map(char::from));
    SecretString::from(text)
}

/// The text, if it is exactly of this form.
pub(crate) fn well_formed<'a>(prefix: &str, presented: &'a [u8]) -> Option<&'a str> {
    let (secret, rest) = presented
        .strip_prefix(prefix.as_bytes())?
        .split_first_chunk::<SECRET_DIGITS>()?;
    let is_one =
        base62::is_canonical::<SECRET_BYTES, SECRET_DIGITS>(secret) && rest == checksum(secret);
    // At this point it is ASCII, so this only changes the type.
    is_one.then(|| str::from_utf8(presented).ok())?
}

/// CRC-32 (ISO-HDLC, as in Ethernet and zip) of the digits, not of the prefix.
fn checksum(secret: &[u8; SECRET_DIGITS]) -> [u8; CHECKSUM_DIGITS] {
    base62::encode(crc32fast::hash(secret).to_be_bytes())
}
