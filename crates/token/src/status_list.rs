//! The status list has one bit for the place of each authentication token
//! (draft-ietf-oauth-status-list). The bit is set once the token is revoked. The issuer signs the
//! list, and offline verifiers read it.

use std::io::{self, Read, Write};

use ed25519_dalek::VerifyingKey;
use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::header::{OfType, STATUS_LIST_TYPE};
use crate::jws::Compact;
use crate::{Header, SigningInput, VerifyError, base64url, json};

/// The greatest index that a list may have a place for: 64 Mi places are 8 MiB in memory.
pub const MAX_STATUS_INDEX: u64 = 64 * 1024 * 1024 - 1;

/// The greatest length of a signed list, in bytes: one of [`MAX_STATUS_INDEX`] that doesn't
/// compress at all, in base64 twice. Longer texts are refused without being read.
pub const MAX_STATUS_LIST_LENGTH: usize = 16 * 1024 * 1024;

const MAX_BYTES: u64 = (MAX_STATUS_INDEX + 1) / 8;

/// One bit for each index. A set bit means that it is revoked for good (section 7.1, `INVALID`).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StatusList {
    bytes: Vec<u8>,
}

impl StatusList {
    /// A list without places.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes places up to `index`, which are not revoked.
    pub fn extend_to(&mut self, index: u64) -> Result<(), IndexTooLarge> {
        let (byte, _) = place(index).ok_or(IndexTooLarge)?;
        if self.bytes.len() <= byte {
            self.bytes.resize(byte + 1, 0);
        }
        Ok(())
    }

    /// Sets whether the place `index` is revoked. Makes the place if it doesn't exist.
    pub fn set(&mut self, index: u64, revoked: bool) -> Result<(), IndexTooLarge> {
        self.extend_to(index)?;
        let (byte, mask) = place(index).ok_or(IndexTooLarge)?;
        if revoked {
            self.bytes[byte] |= mask;
        } else {
            self.bytes[byte] &= !mask;
        }
        Ok(())
    }

    /// Whether the place `index` is revoked. `None` if the list has no such place. Refuse the token
    /// that names it (section 8.3, step 4).
    pub fn is_revoked(&self, index: u64) -> Option<bool> {
        let (byte, mask) = place(index)?;
        self.bytes.get(byte).map(|byte| byte & mask != 0)
    }

    /// How many places there are: a multiple of eight.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64 * 8
    }

    /// Whether there is no place at all.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many are revoked.
    pub fn count_revoked(&self) -> u64 {
        self.bytes
            .iter()
            .map(|byte| u64::from(byte.count_ones()))
            .sum()
    }

    /// The bytes for sending: in DEFLATE with a zlib header (section 4.1).
    pub fn compress(&self) -> io::Result<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.bytes)?;
        encoder.finish()
    }

    /// Reads the result of [`compress`](Self::compress). `None` for any other input, and if the
    /// list is too large.
    pub fn decompress(compressed: &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut decoder = ZlibDecoder::new(compressed);
        // One byte more than allowed shows that there are more.
        decoder
            .by_ref()
            .take(MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .ok()?;
        let whole =
            bytes.len() as u64 <= MAX_BYTES && decoder.total_in() == compressed.len() as u64;
        whole.then_some(Self { bytes })
    }
}

/// The byte of an index, and the bit in it, from the least significant one on (section 4.1).
fn place(index: u64) -> Option<(usize, u8)> {
    let byte = usize::try_from(index / 8).ok()?;
    (index <= MAX_STATUS_INDEX).then_some((byte, 1 << (index % 8)))
}

/// The index is too large for a list. More secrets are in use at once than a list has places for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a status list has no place beyond {MAX_STATUS_INDEX}")]
pub struct IndexTooLarge;

/// Which state of the issuer a list shows. A later state is greater, whichever replica serves it. A
/// verifier that has one never goes back to a smaller one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListVersion {
    /// When the issuer last went back to an earlier state of its database, in milliseconds since
    /// 1970-01-01T00:00:00Z; 0 if never.
    #[serde(rename = "ats_epoch")]
    pub epoch: i64,
    /// The number of the last change that the list shows.
    #[serde(rename = "ats_seq")]
    pub seq: i64,
}

/// The claims of a signed list (section 5.1).
#[derive(Clone, Serialize, Deserialize)]
pub struct StatusListClaims {
    /// The issuer, as in the authentication tokens that refer to it.
    pub iss: String,
    /// The list's address, as in the authentication tokens that refer to it.
    pub sub: String,
    /// When it was signed, in seconds since 1970-01-01T00:00:00Z.
    pub iat: i64,
    /// From this second on it is not valid.
    pub exp: i64,
    /// After how many seconds to ask for a newer one.
    pub ttl: u32,
    /// The state that it shows.
    #[serde(flatten)]
    pub version: ListVersion,
    /// The list itself, compressed by zlib (RFC 1950).
    pub status_list: CompressedList,
}

impl SigningInput {
    /// The text to sign of a status list.
    pub fn of_status_list(header: &Header, claims: &StatusListClaims) -> Self {
        Self::of(&OfType(header, STATUS_LIST_TYPE), claims)
    }
}

/// A list as in the claims: `{"bits":1,"lst":…}` (section 4.2).
#[derive(Clone)]
pub struct CompressedList(Vec<u8>);

impl CompressedList {
    /// Takes the result of [`StatusList::compress`].
    pub fn new(compressed: Vec<u8>) -> Self {
        Self(compressed)
    }

    /// The list. `None` if the bytes are no list, or one that is too long.
    pub fn decompress(&self) -> Option<StatusList> {
        StatusList::decompress(&self.0)
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    bits: u8,
    lst: String,
}

impl Serialize for CompressedList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let lst = base64url::encode(&self.0);
        Written { bits: 1, lst }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CompressedList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { bits, lst } = json::in_object(deserializer)?;
        if bits != 1 {
            return Err(de::Error::custom("one bit for each index"));
        }
        base64url::decode(&lst)
            .map(Self)
            .ok_or_else(|| de::Error::custom("base64url"))
    }
}

/// A signed list with the right form. Its signature has not been verified.
pub struct UnverifiedStatusList<'a>(Compact<'a>);

impl<'a> UnverifiedStatusList<'a> {
    /// Splits a text strictly, like [`Unverified::parse`](crate::Unverified::parse).
    pub fn parse(text: &'a str) -> Result<Self, VerifyError> {
        Compact::parse(text, STATUS_LIST_TYPE, MAX_STATUS_LIST_LENGTH, None).map(Self)
    }

    /// The id of the key that it claims to be signed with. Look it up among trusted keys only.
    pub fn kid(&self) -> &str {
        &self.0.header.kid
    }

    /// The claims, if the key signed the list, it is the list at `uri` of `issuer`, and it is valid
    /// at `now_seconds`, with a leeway of `skew_seconds` (section 8.3).
    pub fn verify(
        self,
        key: &VerifyingKey,
        issuer: &str,
        uri: &str,
        now_seconds: i64,
        skew_seconds: u32,
    ) -> Result<StatusListClaims, VerifyError> {
        let payload = self.0.verify(key)?;
        let claims: StatusListClaims = json::object(&payload).ok_or(VerifyError::Claims)?;
        let skew = i64::from(skew_seconds);
        if claims.iss != issuer || claims.sub != uri {
            return Err(VerifyError::Issuer);
        }
        if now_seconds >= claims.exp.saturating_add(skew) {
            return Err(VerifyError::Expired);
        }
        if claims.iat > now_seconds.saturating_add(skew) {
            return Err(VerifyError::NotYetValid);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(revoked: &[u64], last: u64) -> StatusList {
        let mut list = StatusList::new();
        list.extend_to(last).unwrap();
        for index in revoked {
            list.set(*index, true).unwrap();
        }
        list
    }

    /// The example of section 4.1 and its compressed form in section 4.2.
    #[test]
    fn the_draft_s_example_is_written_and_read() {
        let example = list(&[0, 3, 4, 5, 7, 8, 9, 13, 15], 15);
        assert_eq!(example.bytes, [0xB9, 0xA3]);
        let theirs = base64url::decode("eNrbuRgAAhcBXQ").unwrap();
        assert!(StatusList::decompress(&theirs).unwrap() == example);
        assert!(StatusList::decompress(&example.compress().unwrap()).unwrap() == example);
        assert_eq!((example.len(), example.count_revoked()), (16, 9));
    }

    #[test]
    fn beyond_its_end_a_list_says_nothing() {
        let list = list(&[7], 7);
        assert_eq!(list.is_revoked(7), Some(true));
        assert_eq!(list.is_revoked(8), None);
        assert_eq!(list.is_revoked(u64::MAX), None);
        assert_eq!(
            StatusList::new().set(MAX_STATUS_INDEX + 1, true),
            Err(IndexTooLarge)
        );
    }

    #[test]
    fn a_bomb_a_cut_and_a_tail_are_refused() {
        let bytes = vec![0; usize::try_from(MAX_BYTES).unwrap() + 1];
        let bomb = StatusList { bytes }.compress().unwrap();
        assert!(bomb.len() < 64 * 1024 && StatusList::decompress(&bomb).is_none());
        let good = list(&[1, 100], 1000).compress().unwrap();
        assert!(StatusList::decompress(&good[..good.len() - 1]).is_none());
        assert!(StatusList::decompress(&[&good[..], &[0]].concat()).is_none());
        assert!(StatusList::decompress(b"").is_none());
    }

    #[test]
    fn no_array_passes_for_a_list() {
        assert!(serde_json::from_str::<CompressedList>(r#"{"bits":1,"lst":""}"#).is_ok());
        assert!(serde_json::from_str::<CompressedList>(r#"[1,""]"#).is_err());
    }

    #[test]
    fn later_states_are_greater() {
        let version = |epoch, seq| ListVersion { epoch, seq };
        assert!(version(0, 9) < version(0, 10) && version(0, 10) < version(5, 1));
    }

    proptest! {
        #[test]
        fn a_list_tells_what_was_set_last(changes in proptest::collection::vec((0_u64..500, any::<bool>()), 0..200)) {
            let mut list = StatusList::new();
            let mut expected = std::collections::BTreeMap::new();
            for (index, revoked) in changes {
                list.set(index, revoked).unwrap();
                expected.insert(index, revoked);
            }
            let read = StatusList::decompress(&list.compress().unwrap()).unwrap();
            for (index, revoked) in expected {
                prop_assert_eq!(read.is_revoked(index), Some(revoked));
            }
        }
    }
}
