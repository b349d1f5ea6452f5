//! Base64url without padding (RFC 7515, section 2), in canonical form: each value has one text.

use base64::{Engine, engine::GeneralPurpose, prelude::BASE64_URL_SAFE_NO_PAD};

// It refuses padding, white space, the other alphabet and non-zero trailing bits.
const ENGINE: GeneralPurpose = BASE64_URL_SAFE_NO_PAD;

/// The text of some bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

/// Appends the text of some bytes.
pub(crate) fn append(bytes: &[u8], text: &mut String) {
    ENGINE.encode_string(bytes, text);
}

/// The bytes of a text, if it is canonical.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok()
}

/// The bytes of a text, if it is canonical and represents exactly `N` bytes.
pub(crate) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let length = ENGINE.decode_slice(text, &mut bytes).ok()?;
    (length == N).then_some(bytes)
}

/// The length of the text of some bytes.
pub(crate) const fn encoded_length(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}
